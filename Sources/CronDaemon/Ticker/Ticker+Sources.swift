import CronConfig
import CronEngine
import CronSystem
import CronTime

/// Watches the places where users write, and what is known of them.
final class SourceWatch {
  /// Where a ticker finds its watcher's queue.
  static let descriptor: Int32 = 8

  var notify: INotify?
  /// The watched directory or file of each watch, and the names in it that matter; empty = all.
  var names: [Int32: Set<String>] = [:]
  /// Watches by path.
  var watches: [String: Int32] = [:]
  /// A reader has said what it watches.
  var isReported = false
  /// The names of all watches that count are known: a change under another one is nobody's business.
  var isComplete = false
  /// Until then something changed where an earlier ticker watched, and this one may have to as well.
  var hasUnknownChanges = false
}

/// The table that a reader compiled, and the places where users write.
extension Ticker {
  /// Before READY there has to be a table: the last good one, else there is nothing to run.
  ///
  /// `killer` is the source that killed the reader.
  func firstReadingFailed(status: Int32, killer: String? = nil) {
    guard !isReady, status != 75 || reader == nil else { return }
    if loadTable() { return }
    // It may be mended already: what has changed since it was opened is read before anything is given up.
    if status == 78, loop.deadlines.isSet(.sourcesChanged) { return }
    // Should this be the end of the ticker, its watcher finds out of what it died.
    if let killer { trail.drop(.parsing, killer) }
    log.error("there is no usable configuration and no last good copy", LogField("cause", problems["table"] ?? ""))
    failedStatus = status == 78 ? 78 : 75
    mustEnd = true
  }

  /// Loads `last-good/table`; false when there is none that can be used.
  @discardableResult
  func loadTable() -> Bool {
    do {
      let bytes = try AtomicFile.read(
        in: state.directory(.lastGood), name: ReaderRole.tableName, limit: ReaderRole.largestTable)
      if let refusedTable, refusedTable == RefusedTable(bytes) { throw TableRefusal() }
      use(try decode(bytes))
      releaseTable()
      return true
    } catch {
      problems["table"] = "the compiled table can't be loaded: \(error)"
      return false
    }
  }

  private func decode(_ bytes: [UInt8]) throws(JobTableError) -> JobTable {
    trail.drop(.table)
    defer { trail.clear() }
    Fault.point("table.decode")
    return try JobTableCodec.decode(bytes)
  }

  private func use(_ loaded: JobTable) {
    let zones = zones(of: loaded)
    let isSame = isReady && loaded == table && zones == zonesInUse
    table = loaded
    countJobs(loaded)
    releaseFromQuarantine(by: loaded)
    problems["table"] = nil
    pool.wantedIdle = loaded.settings.workersIdle
    pool.runsPerWorker = max(1, loaded.settings.workersRecycleAfter)
    keeper.segmentBytes = Int(clamping: loaded.settings.ledgerSegmentSize)
    engine.settings.workersMax = max(1, loaded.settings.workersMax)
    engine.settings.queueLimit = loaded.settings.workersQueue
    engine.settings.setAside = quarantine.jobs
    engine.settings.killGraceSeconds = loaded.settings.killGraceMilliseconds / 1_000
    problems["trigger"] = TriggerResolver.resolve(provider: loaded.settings.triggerProvider, discovered: []).warning
    if !isSame {
      // A hundred thousand jobs take seconds: each step of progress beats, so that nobody takes it for a hang.
      beat()
      let jobs = engineJobs(loaded, zones)
      beat()
      deliver(.loaded(jobs: jobs, former: formerZones(), moment()))
      beat()
      log.info(
        "loaded", LogField("jobs", loaded.jobs.count), LogField("rejected", loaded.rejectedLines))
      for diagnostic in loaded.diagnostics.prefix(20) {
        log.write(diagnostic.level == .error ? .warning : .info, diagnostic.text, [])
      }
    }
    watchSources(loaded)
    becomeReady()
    // The file, its lines and the table before: as much as all that stays.
    if !isSame { CurrentProcess.returnFreeMemory() }
  }

  /// Tells the watcher and the world that jobs fire from now on.
  private func becomeReady() {
    guard !isReady else { return }
    keeper.syncBeginning()
    isReady = true
    rememberWatcher()
    _ = tick()
    pool.warm()
    onceAnHour()
    tell(.ready)
    log.info("ready", LogField("jobs", table.jobs.count), LogField("pid", CurrentProcess.identifier))
  }

  // MARK: Restarts

  /// Whether this ticker follows another one under the same watcher: then its table is known to be what was asked for.
  var isRestart: Bool {
    do {
      let bytes = try AtomicFile.read(in: state.directory(.lastGood), name: "watcher", limit: 512)
      return ProcessIdentity.read(CurrentProcess.parentIdentifier)?.description
        == String(decoding: bytes, as: UTF8.self)
    } catch {
      return false
    }
  }

  private func rememberWatcher() {
    guard !isRestart, let watcher = ProcessIdentity.read(CurrentProcess.parentIdentifier) else { return }
    do {
      try AtomicFile.replace(
        in: state.directory(.lastGood), name: "watcher", bytes: Array(watcher.description.utf8))
    } catch {
      // The next restart reads the configuration first: slower, and right.
    }
  }

  // MARK: Changes

  /// A source changed: it is read once it is at rest.
  func sourcesChanged() {
    do throws(Errno) {
      var events = try sources.notify?.read() ?? []
      // The queue outlives tickers: what an earlier one watched and this one doesn't is nobody's business any more.
      for event in events where !event.isOverflow && sources.names[event.watch] == nil && !event.isEnded {
        if sources.isComplete {
          do throws(Errno) { try sources.notify?.unwatch(event.watch) } catch {}
        } else {
          heardUnknown(event)
        }
      }
      events.removeAll { !$0.isOverflow && sources.names[$0.watch] == nil }
      // What was watched is gone: whatever takes its place needs a watch of its own.
      for event in events where event.isEnded {
        sources.names[event.watch] = nil
        for (path, watch) in sources.watches where watch == event.watch { sources.watches[path] = nil }
      }
      let paths = Dictionary(sources.watches.map { ($1, $0) }) { first, _ in first }
      for event in events {
        if let folder = paths[event.watch] { release(source: "\(folder)/\(event.name)") }
        if event.isOverflow || event.isEnded || event.name.isEmpty {
          loop.deadlines.set(.zonesChanged, at: loop.monotonic() &+ Self.debounce)
        } else if let folder = paths[event.watch], zonesInUse.paths.contains("\(folder)/\(event.name)") {
          loop.deadlines.set(.zonesChanged, at: loop.monotonic() &+ Self.debounce)
          continue
        } else if let names = sources.names[event.watch], !names.isEmpty, !names.contains(event.name) {
          continue
        }
        loop.deadlines.set(.sourcesChanged, at: loop.monotonic() &+ Self.debounce)
      }
    } catch {
      problems["watch"] = "changes of files aren't noticed: \(error)"
    }
  }

  /// A change under a watch of which it isn't known yet whose it is: a reader of ours has set it, or an earlier ticker.
  private func heardUnknown(_ event: INotify.Event) {
    sources.hasUnknownChanges = true
    // Without a usable configuration no list will come that could tell.
    let name = arguments.configuration.split(separator: "/").last.map(String.init)
    guard event.name.isEmpty || event.name == name else { return }
    loop.deadlines.set(.sourcesChanged, at: loop.monotonic() &+ Self.debounce)
  }

  /// Opens the queue of changes before the first reader begins, which watches what it reads.
  func openQueue() {
    do throws(Errno) {
      if sources.notify != nil { return }
      let notify = try arguments.hasChanges ? INotify(inherited: SourceWatch.descriptor) : INotify()
      try loop.poller.add(notify.raw, token: PollToken.sources.rawValue)
      sources.notify = consume notify
    } catch {
      problems["watch"] = "changes of files aren't noticed: \(error)"
    }
  }

  /// The watches that a reader has set.
  func takeWatches(of reader: ReaderChild) {
    let list = reader.listedWatches
    sources.watches.merge(list.watches) { $1 }
    if list.isWhole { sources.isReported = true }
  }

  /// Whether a place is the system's or ours: to look it up can't hang where anything of this machine works.
  private func isOwn(_ directory: String) -> Bool {
    ["/etc", "/etc/cron.d", "\(arguments.state)/jobs"].contains(directory)
      || zonesInUse.paths.contains { SourceWatches.directory(of: $0) == directory }
  }

  /// Gives each watch the names that matter. Where users name the place a reader has set it; the system's and our own
  /// are set here.
  func watchSources(_ table: JobTable) {
    var wanted: [String: Set<String>] = [:]
    func want(_ path: String, everything: Bool = false) {
      guard let directory = SourceWatches.directory(of: path) else { return }
      let isWhole = everything || wanted[directory] == []
      if isWhole {
        wanted[directory] = []
      } else {
        wanted[directory, default: []].insert(String(path.split(separator: "/").last ?? ""))
      }
    }
    for source in table.sources { want(source.path, everything: source.kind == .spool) }
    for path in arguments.crontabs { want(path) }
    if !arguments.configuration.isEmpty { want(arguments.configuration) }
    for path in zonesInUse.paths { want(path) }
    want("\(arguments.state)/jobs/.", everything: true)
    if table.settings.systemCrontabs {
      want("/etc/cron.d/.", everything: true)
      want("/etc/crontab")
      want("\(table.settings.crontabSpool)/.", everything: true)
    }
    openQueue()
    guard sources.notify != nil else { return }
    problems["watch"] = nil
    sources.isComplete = sources.isReported
    for (path, watch) in sources.watches where wanted[path] == nil {
      do throws(Errno) { try sources.notify?.unwatch(watch) } catch {}
      sources.watches[path] = nil
      sources.names[watch] = nil
    }
    if sources.isComplete, sources.hasUnknownChanges {
      sources.hasUnknownChanges = false
      loop.deadlines.set(.sourcesChanged, at: loop.monotonic() &+ Self.debounce)
    }
    for (path, names) in wanted {
      do throws(Errno) {
        var known = sources.watches[path]
        if known == nil, isOwn(path) { known = try sources.notify?.watch(path) }
        guard let watch = known else { continue }
        sources.watches[path] = watch
        sources.names[watch] = names
      } catch {
        // A directory that isn't there can't change either; its appearance needs a reload.
        continue
      }
    }
  }
}
