import CronDaemon
import CronLedger
import CronSystem
import CronTime

/// Writes a long ledger into a state directory, and recovers it as a start does; `bin/bench ledger` measures it.
///
///     LedgerBenchmark write STATE RECORDS SEGMENT-BYTES
///     LedgerBenchmark recover STATE

/// A hundred jobs that run every minute: claim, start, end.
struct Story {
  private static let boot = "0b8e2c4a-7d1f-4c1e-9a35-2f6b1d0c9e77.12"
  private let jobs = (0..<100).map { $0 % 10 == 0 ? "accounting/nightly-report-\($0)" : "backup-\($0)" }
  private var source = RunIdentifierSource(nextSequence: 1)
  private var job = 0
  private var minute: Int64 = 29_687_760
  private(set) var state = LedgerState()

  /// When the present minute began.
  var now: Instant { Instant(seconds: minute * 60) }

  mutating func add(_ record: Record, to batch: inout [SequencedRecord]) {
    let sequenced = SequencedRecord(seq: state.nextSequence, record: record)
    do { try state.apply(sequenced) } catch { fatalError("the story is legal: \(error)") }
    batch.append(sequenced)
  }

  mutating func definitions() -> [SequencedRecord] {
    var batch: [SequencedRecord] = []
    for name in jobs {
      let definition = Definition(
        job: name, schedule: "* * * * *", zone: "Europe/Berlin", zoneHash: 0x1a2b_3c4d_5e6f_7081, origin: now, at: now,
        commandDigest: 0x1234_5678_9abc_def0)
      add(.define(definition), to: &batch)
    }
    return batch
  }

  /// The next job's run, from claim to end.
  mutating func run() -> [SequencedRecord] {
    if job == 0 { minute += 1 }
    let due = now
    let claimed = due.adding(microseconds: 1_500 + Int64(job) * 37)
    let run = source.next(at: claimed)
    let name = jobs[job]
    job = (job + 1) % jobs.count
    var batch: [SequencedRecord] = []
    add(
      .claim(
        Claim(
          run: run, job: name, occurrence: due, trigger: .schedule, attempt: 1, at: claimed,
          bootIdentifier: Self.boot, startDeadline: due.adding(seconds: 120))), to: &batch)
    let started = claimed.adding(microseconds: 4_211)
    add(.start(RunStart(run: run, pid: 4_000 + Int32(job), at: started)), to: &batch)
    add(
      .end(
        RunEnd(
          run: run, job: name, outcome: .succeeded, exitCode: 0, startedAt: started,
          endedAt: started.adding(microseconds: 731_044), attempt: 1)), to: &batch)
    if job == 0 { add(.through(at: due), to: &batch) }
    return batch
  }
}

/// Writes so many records, and further ones until the newest segment is full: the longest that a start reads back.
func write(_ files: LedgerFiles, records: Int, segmentBytes: Int) throws {
  var files = files
  var story = Story()
  var writer = LedgerWriter(nextSegment: 1, segmentBytes: segmentBytes)
  try writer.openSegment(storage: &files, snapshot: story.state.snapshotRecords(at: story.now))
  var batch = story.definitions()
  var written = batch.count
  var segments = 1
  while true {
    // As a ticker does: what is due together is one append.
    while batch.count < 200, written < records || segments > 1 {
      let run = story.run()
      written += run.count
      batch += run
    }
    if batch.isEmpty { break }
    let isFull = try writer.append(batch, storage: &files).isFull
    batch = []
    if isFull || writer.pending.count > 1 << 20 { _ = writer.syncNow(storage: &files) }
    if isFull {
      if written >= records { break }
      segments += 1
      try writer.openSegment(storage: &files, snapshot: story.state.snapshotRecords(at: story.now))
    }
  }
  _ = writer.syncNow(storage: &files)
  writer.abandon(storage: &files)
}

/// The most memory that this process ever had resident, proc_pid_status(5) VmHWM.
func peakKibibytes() -> Int {
  let status = try? FileDescriptor.open("/proc/self/status", .read).readToEnd(limit: 1 << 16)
  let lines = String(decoding: status ?? [], as: UTF8.self).split(separator: "\n")
  return lines.first { $0.hasPrefix("VmHWM:") }.flatMap { Int($0.filter(\.isNumber)) } ?? -1
}

func recover(_ files: LedgerFiles) {
  var files = files
  let began = SystemClock.monotonic()
  let result = Recovery.recover(storage: &files)
  let milliseconds = Double(SystemClock.monotonic() - began) / 1e6
  for finding in result.findings { print(finding) }
  print(
    "records \(result.recordCount) jobs \(result.state.jobs.count) milliseconds \(milliseconds) "
      + "peak_kib \(peakKibibytes())")
}

let words = CommandLine.arguments
guard words.count >= 3, let state = try? StateDirectory.open(words[2], create: true) else {
  fatalError("usage: LedgerBenchmark write STATE RECORDS SEGMENT-BYTES | recover STATE")
}
switch words[1] {
case "write":
  guard words.count == 5, let records = Int(words[3]), let bytes = Int(words[4]) else { fatalError("two numbers") }
  try write(LedgerFiles(state), records: records, segmentBytes: bytes)
default:
  recover(LedgerFiles(state))
}
