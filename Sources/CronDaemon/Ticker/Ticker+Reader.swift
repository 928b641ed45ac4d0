import CronConfig
import CronEngine
import CronSystem

/// A reader that runs now.
final class ReaderChild {
  let pid: Int32
  /// CLOCK_MONOTONIC at its start, in nanoseconds.
  let startedNanoseconds: Int64
  /// Its standard error.
  let crash: CrashPipe
  /// Sources that it passes over, because one before it hung on them.
  let skipped: [String]
  /// Whether it was ended because it took too long.
  var isLate = false
  /// The memory for the list of its watches; nil = it sets none.
  let watches: FileDescriptor?

  init(pid: Int32, startedNanoseconds: Int64, crash: CrashPipe, skipped: [String], watches: consuming FileDescriptor?) {
    self.pid = pid
    self.startedNanoseconds = startedNanoseconds
    self.crash = crash
    self.skipped = skipped
    self.watches = watches
  }

  /// The watches that it has set.
  var listedWatches: SourceWatches.List {
    switch watches {
    case .some(let list): SourceWatches.read(list)
    case .none: SourceWatches.List()
    }
  }
}

/// Configuration and crontabs: read by a short-lived child, loaded from its table.
extension Ticker {
  /// How many sources may hang one after the other before the last good table stays as a whole.
  private static let mostSkipped = 8
  /// How long a reader may take to end after SIGKILL.
  private static let killPatience: Int64 = 2_000_000_000

  /// Starts a reader, unless one is at work: then once more after it.
  func startReader(skipping skipped: [String] = []) {
    let passedOver = quarantine.inputs(of: .parsing) + stuckReaders.values.compactMap { $0 }
    let skipped = skipped + Set(passedOver).subtracting(skipped).sorted()
    // Where a reader hangs without saying on what, the next one would too.
    if stuckReaders.values.contains(nil) || stuckReaders.count >= Self.mostSkipped {
      return firstReadingFailed(status: 75)
    }
    if reader != nil {
      loop.deadlines.set(.sourcesChanged, at: loop.monotonic() &+ Self.debounce)
      return
    }
    if isReady { tell(.reloading) }
    openQueue()
    // What killed the last one says nothing of the end of one that hasn't come to a source.
    SourceCopies.forgetMarked(state)
    do throws(Errno) {
      var errors = try Pipe(nonBlocking: true)
      var watches: FileDescriptor?
      if sources.notify != nil { watches = try Memfd.create(name: "cronwatch-watches") }
      var descriptors: [Spawn.Inheritance] = [
        .init(child: 1, raw: arguments.log.descriptor), .init(child: 2, raw: errors.writeRaw),
        .init(child: CrashPipe.logDescriptor, raw: arguments.log.descriptor),
      ]
      if let queue = sources.notify?.raw, let list = watches?.raw {
        descriptors.append(.init(child: SourceWatch.descriptor, raw: queue))
        descriptors.append(.init(child: SourceWatches.listDescriptor, raw: list))
      }
      let pid = try Spawn.start(
        "/proc/self/exe",
        arguments: ["cronwatch", "role", "reader"] + arguments.words + CrashPipe.logWords
          + skipped.flatMap { ["--skip", $0] } + (descriptors.count > 3 ? ["--watch", "yes"] : []),
        environment: ServiceManager.withoutNotify(Environment.entries()), descriptors: descriptors)
      reader = ReaderChild(
        pid: pid, startedNanoseconds: loop.monotonic(), crash: CrashPipe(errors.takeReadEnd()), skipped: skipped,
        watches: watches)
      loop.deadlines.set(
        .reader, at: loop.monotonic() &+ table.settings.crontabReadTimeoutMilliseconds &* 1_000_000)
    } catch {
      problems["reader"] = "configuration can't be read now: \(error)"
      loop.deadlines.set(.sourcesChanged, at: loop.monotonic() &+ 5_000_000_000)
      firstReadingFailed(status: 75)
    }
  }

  /// It takes longer than it may: what it reads blocks.
  func readerIsLate() {
    guard let pid = reader?.pid else { return }
    if reader?.isLate == true { return abandonReader() }
    reader?.isLate = true
    loop.deadlines.set(.reader, at: loop.monotonic() &+ Self.killPatience)
    log.error(
      "reading the configuration takes too long; the last good one stays in use",
      LogField("source", ReaderRole.interruptedSource(state) ?? "unknown"))
    if Fault.fails("reader.kill") { return }
    do throws(Errno) { try ProcessDescriptor(child: pid).signal(Signal.kill) } catch {}
  }

  /// SIGKILL does not end it: it hangs in the kernel, as on a dead mount. It is left there, and the others are read.
  private func abandonReader() {
    guard let ended = reader else { return }
    reader = nil
    takeWatches(of: ended)
    let hung = ReaderRole.interruptedSource(state)
    stuckReaders[ended.pid] = .some(hung)
    sayStuckReaders()
    log.error(
      "SIGKILL does not end a reader (what it reads hangs)", LogField("pid", ended.pid),
      LogField("source", hung ?? "unknown"))
    startReader(skipping: ended.skipped)
  }

  /// What it hung on answers again.
  func stuckReaderEnded(_ pid: Int32) {
    stuckReaders[pid] = nil
    log.info("a reader that hung has ended", LogField("pid", pid))
    sayStuckReaders()
    startReader()
  }

  private func sayStuckReaders() {
    let names = Set(stuckReaders.values.map { $0 ?? "a source" }).sorted()
    problems["stuck"] =
      names.isEmpty
      ? nil : "reading \(names.joined(separator: ", ")) hangs, and the reader can't even be killed (a dead mount?)"
  }

  /// The reader is done: its table is in place, or the last good one stays.
  func readerEnded(_ cause: ExitCause) {
    let wasReload = isReady
    let ended = reader
    reader = nil
    if let ended { takeWatches(of: ended) }
    if let ended, ended.isLate || !ReaderRole.isAnswer(cause) {
      var death = DeathRecord(
        .reader, pid: ended.pid, cause: cause, livedNanoseconds: loop.monotonic() &- ended.startedNanoseconds,
        reason: ended.isLate ? "too-slow" : "unasked", lastWords: ended.crash.lastWords())
      death.during = ReaderRole.interruptedSource(state).map { Breadcrumb(.parsing, $0).description }
      note(death)
    }
    loop.deadlines.clear(.reader)
    // One file that hangs must not keep the others from being read.
    if let ended, ended.isLate, ended.skipped.count < Self.mostSkipped,
      let hung = ReaderRole.interruptedSource(state), !ended.skipped.contains(hung)
    {
      return startReader(skipping: ended.skipped + [hung])
    }
    let isDead = ended?.isLate != true && !ReaderRole.isAnswer(cause)
    let killer = isDead ? ReaderRole.interruptedSource(state) : nil
    if isDead { readerSuspects.died(at: killer.map { Breadcrumb(.parsing, $0) }) }
    // One that kills each reader must not keep the others from being read either.
    if let ended, let guilty = readerSuspects.convict(inSafeMode: isDead)?.input, ended.skipped.count < Self.mostSkipped
    {
      log.error("readers died of a source: it is passed over", LogField("source", guilty))
      readerSuspects = Suspects()
      return startReader(skipping: ended.skipped + [guilty])
    }
    if cause == .exited(0) {
      readerDeaths = 0
      readerSuspects = Suspects()
      problems["reader"] = nil
      // A first table that was read and can't be used: only another configuration makes another one.
      if !loadTable() { firstReadingFailed(status: refusedTable == nil ? 75 : 78) }
    } else {
      if Self.maySucceedLater(cause) { readAgainSoon() }
      problems["reader"] = "configuration couldn't be read (\(cause)): the last good one is in use"
      log.error("reading the configuration failed", LogField("cause", cause))
      let status: Int32 = if case .exited(let status) = cause { status } else { 75 }
      firstReadingFailed(status: status, killer: killer)
    }
    if wasReload {
      // Whoever waited for that finds it in status.
      writeSummary()
      tell(.reloaded)
    }
  }

  /// Whether the next reader may do better although nothing changes: this one died, or was ended before it came to a
  /// source (the machine is starved), or the system refused it something (the disk is full, there is no descriptor).
  private static func maySucceedLater(_ cause: ExitCause) -> Bool {
    switch cause {
    case .signaled, .exited(73), .exited(75): true
    case .exited: false
    }
  }

  /// One that died or was ended says nothing of what it read: another one looks, after a pause that doubles up to a
  /// minute.
  private func readAgainSoon() {
    readerDeaths += 1
    let seconds = Int64(1) << min(Int64(readerDeaths) - 1, 6)
    loop.deadlines.setIfNone(.sourcesChanged, at: loop.monotonic() &+ min(seconds, 60) &* 1_000_000_000)
  }
}
