import CronConfig
import CronEngine
import CronLedger
import CronSystem

/// Inputs that killed one ticker after another: they are kept from the rest until they change.
final class Quarantine {
  /// What is set aside.
  private(set) var inputs: Set<Breadcrumb>
  /// The jobs among it as they were when they were set aside.
  private var definitions: [String: JobDefinition] = [:]
  /// What jobs were before the change that let them go: claims of that may still wait for the disk or for a retry.
  private var former: [String: JobDefinition] = [:]

  init(_ inputs: [Breadcrumb]) { self.inputs = Set(inputs) }

  /// Whether that step with that input is not to be taken.
  func has(_ step: Breadcrumb.Step, _ input: String) -> Bool {
    !inputs.isEmpty && inputs.contains(Breadcrumb(step, input))
  }

  /// The jobs that must not be in the table.
  var jobs: Set<String> { Set(inputs(of: .loading) + inputs(of: .deciding)) }

  /// Whether a run of the job must not be handed to a worker.
  func refuses(_ job: JobDefinition) -> Bool {
    has(.dispatching, job.name) || former[job.name]?.isSameWork(as: job) == true
  }

  /// The inputs of a step.
  func inputs(of step: Breadcrumb.Step) -> [String] {
    inputs.filter { $0.step == step }.compactMap(\.input).sorted()
  }

  /// Lets go the jobs that are gone or are no longer what they were; answers which.
  func release(by table: JobTable) -> [Breadcrumb] {
    if !former.isEmpty {
      // Written as it was before: it is tried again.
      for job in table.jobs where former[job.name]?.isSameWork(as: job) == true { former[job.name] = nil }
    }
    let jobs = inputs.filter { [.dispatching, .loading, .deciding].contains($0.step) }
    if jobs.isEmpty { return [] }
    let names = Set(jobs.compactMap(\.input))
    let now = Dictionary(table.jobs.filter { names.contains($0.name) }.map { ($0.name, $0) }) { first, _ in first }
    var released: [Breadcrumb] = []
    for crumb in jobs.sorted(by: { $0.description < $1.description }) {
      guard let name = crumb.input else { continue }
      if let then = definitions[name] {
        if then.isSameWork(as: now[name]) { continue }
        released.append(crumb)
        inputs.remove(crumb)
      } else if let definition = now[name] {
        definitions[name] = definition
      }
    }
    for crumb in released {
      guard let name = crumb.input, let definition = definitions.removeValue(forKey: name) else { continue }
      if crumb.step == .dispatching { former[name] = definition }
    }
    return released
  }

  /// Another table than the one that was set aside could be used.
  func releaseTable() -> Bool { inputs.remove(.table) != nil }

  /// Lets a source go that has changed; whether it was set aside.
  func release(source: String) -> Bool { inputs.remove(Breadcrumb(.parsing, source)) != nil }

  /// What status says, one sentence each.
  var sentences: [String] {
    inputs.sorted { $0.description < $1.description }.map { crumb in
      let input = crumb.input ?? ""
      let again = "change it or run `cronwatch restart` to try it again"
      return switch crumb.step {
      case .dispatching:
        "job \(input) is quarantined: three tickers running died dispatching it; its occurrences are missed; \(again)"
      case .loading: "job \(input) is quarantined: three tickers running died loading it; it doesn't fire; \(again)"
      case .parsing: "\(input) is quarantined: three readers running died reading it; \(again)"
      case .replaying:
        "ledger/\(input) is quarantined: three tickers running died reading it back; nothing of it counts"
      case .deciding:
        "job \(input) is quarantined: three tickers running died deciding what is due of it; it doesn't fire; \(again)"
      case .decoding: "\(input) is quarantined: three tickers running died reading it back; it is compiled anew"
      }
    }
  }
}

extension JobDefinition {
  /// Whether nothing but its place in its file differs.
  fileprivate func isSameWork(as other: JobDefinition?) -> Bool {
    guard var other else { return false }
    other.position = position
    return self == other
  }
}

extension Breadcrumb {
  /// The compiled table.
  static let table = Breadcrumb(.decoding, "last-good/\(ReaderRole.tableName)")
}

/// Of a table that tickers died of, what tells it from another.
struct RefusedTable: Hashable {
  let size: Int
  let checksum: UInt32

  init(_ bytes: [UInt8]) {
    size = bytes.count
    checksum = CRC32C.checksum(bytes)
  }
}

/// Why the table can't be loaded.
struct TableRefusal: Error, CustomStringConvertible {
  let description = "it is the one that tickers died of; a change of its sources makes another one"
}

extension Ticker {
  /// Lets the engine leave breadcrumbs.
  func listenToEngine() {
    // Only the loop's thread ever runs the engine.
    nonisolated(unsafe) let trail = trail
    engine.trail = { breadcrumb in
      trail.drop(breadcrumb)
      guard let input = breadcrumb.input else { return }
      if breadcrumb.step == .loading { Fault.point("job.load", of: input) }
      if breadcrumb.step == .deciding { Fault.point("job.decide", of: input) }
    }
  }

  /// A compiled table that tickers died of is kept apart, and the reader has to make another one.
  func setTableAside() {
    guard quarantine.inputs.contains(.table) else { return }
    do throws(Errno) {
      let directory = try state.directory(.lastGood)
      let bytes = try AtomicFile.read(in: directory, name: ReaderRole.tableName, limit: ReaderRole.largestTable)
      refusedTable = RefusedTable(bytes)
      try AtomicFile.replace(in: state.directory(.quarantine), name: ReaderRole.tableName, bytes: bytes)
      try directory.unlink(ReaderRole.tableName)
      log.warning("the compiled table is set aside: tickers died of it", LogField("size", bytes.count))
    } catch {
      log.warning("the compiled table can't be set aside", LogField("cause", error))
    }
  }

  /// A table could be used: it is another one than that of which tickers died.
  func releaseTable() {
    guard quarantine.releaseTable() else { return }
    log.info("another table was compiled")
    tell(.lifted(Breadcrumb.table.description))
  }

  /// A run of a quarantined job is never handed to a worker: it ends as one that couldn't be started.
  ///
  /// True = it was refused.
  func refuses(_ order: RunOrder) -> Bool {
    guard quarantine.refuses(order.job) else { return false }
    let failure = StartFailure(message: "the job is quarantined: tickers died dispatching it", isRetryable: false)
    inbox.append(.couldNotStart(order.run, failure, moment()))
    return true
  }

  /// Lets quarantined jobs go that the table has changed, and tells the watcher.
  func releaseFromQuarantine(by table: JobTable) {
    for crumb in quarantine.release(by: table) {
      log.info("an input has changed and is tried again", LogField("input", crumb))
      tell(.lifted(crumb.description))
    }
  }

  /// Lets a source go that was written or replaced.
  func release(source: String) {
    guard quarantine.release(source: source) else { return }
    log.info("an input has changed and is tried again", LogField("input", source))
    tell(.lifted(Breadcrumb(.parsing, source).description))
  }

  /// After ten minutes without a death what happened is history.
  func endSafeMode() {
    guard engine.settings.safeMode else { return }
    engine.settings.safeMode = false
    problems["safe mode"] = nil
    log.info("safe mode is over")
  }
}
