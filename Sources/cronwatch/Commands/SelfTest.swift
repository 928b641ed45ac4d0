import CronDaemon
import CronLedger
import CronSystem
import CronTime

/// Whether this program could take over: what it needs of the machine, and the files that it would go on with.
enum SelfTest {
  /// Enough of a segment for its first line, in bytes.
  private static let headBytes = 4_096

  /// Tries each in turn and throws at the first that fails; changes nothing.
  static func run(_ context: CommandContext) throws(CommandFailure) {
    do throws(Errno) {
      try machine()
    } catch {
      throw CommandFailure(.internalError, "self-test: this machine lacks what cronwatch needs: \(error)")
    }
    try time(context)
    try records()
    // Opening it refuses a format of a later version.
    if let state = try context.existingState() { try ledger(state) }
  }

  /// The newest segment isn't a later version's.
  private static func ledger(_ state: StateDirectory) throws(CommandFailure) {
    let foreign: LedgerFormat?
    do throws(Errno) {
      let directory = try state.existingDirectory(.ledger)
      guard let newest = try directory.list().filter({ $0.hasSuffix(".log") }).max() else { return }
      let head = try directory.openFile(newest, .read).read(upTo: headBytes, at: 0)
      foreign = LedgerFormat.foreign(inHead: head)
    } catch {
      // A ledger that can't be read now is no reason to stay with the old version: jobs fire without it.
      return
    }
    guard let foreign else { return }
    throw CommandFailure(
      .internalError, "self-test: the ledger has format \(foreign), this version understands \(LedgerFormat.current)")
  }

  /// The kernel's descriptors of every kind that the roles wait with.
  private static func machine() throws(Errno) {
    let poller = try Poller()
    let event = try EventDescriptor()
    try poller.add(event.raw, token: 1)
    try event.ring()
    guard try poller.wait(timeoutMilliseconds: 1_000).first?.token == 1 else { throw .noData }
    _ = try Memfd.create(name: "cronwatch-self-test")
    _ = try INotify()
    _ = try TimerDescriptor(.monotonic)
  }

  /// A schedule is understood, and the zone that schedules default to has data.
  private static func time(_ context: CommandContext) throws(CommandFailure) {
    let zone = try context.zone(named: nil)
    do throws(ScheduleError) {
      let schedule = try Schedule.parse("30 2 * * *", dialect: .any, seed: "self-test")
      guard schedule.next(after: context.now, in: zone) != nil else {
        throw ScheduleError(column: 1, message: "a daily schedule has no next time", hint: nil, code: "self-test")
      }
    } catch {
      throw CommandFailure(.internalError, "self-test: \(error)")
    }
  }

  /// A record survives its own line.
  private static func records() throws(CommandFailure) {
    let record = Record.queued(job: "self test", occurrence: Instant(seconds: 0), at: Instant(seconds: 60))
    do throws(RecordError) {
      let line = RecordCodec.encode(record, seq: 7)
      guard try RecordCodec.decode(line: line[...]) == SequencedRecord(seq: 7, record: record) else {
        throw RecordError.malformed
      }
    } catch {
      throw CommandFailure(.internalError, "self-test: a record can't be read back: \(error)")
    }
  }
}
