internal import CronLedger
public import CronSystem
public import CronTime

/// What one frame of `status --watch` shows; plain values.
public struct WatchFacts: Hashable, Sendable {
  /// The status; nil = it can't be told.
  public var report: StatusReport?
  /// Why it can't be told.
  public var problem: String?
  /// The median seconds of past runs, by job.
  public var medians: [String: Double] = [:]
  /// The ledger at a glance; nil = there is none, or it can't be looked at.
  public var ledger: LedgerHealth?
  /// What holds the state.
  public var fileSystem: FileSystem?
  /// Now.
  public var now: Instant
  /// Seconds between frames.
  public var intervalSeconds: Double
  /// Whether it was told by the watcher alone: a guest may read no file.
  public var isGuest = false

  /// Facts of a moment at which nothing is known yet.
  public init(now: Instant, intervalSeconds: Double) {
    self.now = now
    self.intervalSeconds = intervalSeconds
  }
}

/// Gathers what `status --watch` shows, from files and locks alone: it goes on when cronwatch is killed and started.
///
/// Who may not read them is told by the watcher, if they may ask it.
public final class WatchCollector {
  /// The rows of history that medians are drawn from.
  private static let historyRows = 2_000
  /// The history is read again after so long, and sooner for a job of which nothing is known.
  private static let historyNanoseconds: Int64 = 60_000_000_000
  private static let newJobNanoseconds: Int64 = 10_000_000_000

  private let path: String
  private let intervalSeconds: Double
  private var state: StateDirectory?
  private var medians: [String: Double] = [:]
  private var historyAt: Int64?

  /// A collector over a state directory, which needn't be there yet.
  public init(path: String, intervalSeconds: Double) {
    self.path = path
    self.intervalSeconds = intervalSeconds
  }

  /// The facts now.
  public func collect() -> WatchFacts {
    var facts = WatchFacts(now: Instant(microseconds: SystemClock.wall()), intervalSeconds: intervalSeconds)
    if state?.isCurrent != true { state = nil }
    do {
      let state = try state ?? StateDirectory.open(path, create: false)
      self.state = state
      facts.report = StatusEvaluator.evaluate(try StatusCollector(state).collect())
      facts.fileSystem = try state.root.descriptor.fileSystem()
      readHistory(state, running: facts.report?.facts.currentSummary?.running ?? [])
      do { facts.ledger = try LedgerHealth.look(state) } catch {}
    } catch let error as StateError where error.reason == .missing {
      facts.report = StatusEvaluator.evaluate(StatusCollector.nothing(path: path))
    } catch let error as StateError where error.exitStatus == StateError.noPermission {
      askAsGuest(&facts, refusal: error)
    } catch {
      facts.problem = "the state can't be read: \(error)"
    }
    facts.medians = medians
    return facts
  }

  /// What a member of `[watcher] status-group` may see; who is none learns why the directory is refused.
  private func askAsGuest(_ facts: inout WatchFacts, refusal: StateError) {
    facts.isGuest = true
    do throws(ControlError) {
      facts.report = try StatusQuery.reportAsGuest(path: path)
    } catch .unreachable(let why) where why == .noEntry || why == .accessDenied {
      facts.problem = "nothing is known: \(refusal)"
    } catch {
      facts.problem = "nothing is known: the watcher doesn't answer (\(error)); cronwatch may be down"
    }
  }

  private func readHistory(_ state: StateDirectory, running: [TickerSummary.Running]) {
    let now = SystemClock.monotonic()
    let isUnknown = running.contains { medians[$0.job] == nil }
    if let historyAt, now - historyAt < (isUnknown ? Self.newJobNanoseconds : Self.historyNanoseconds) { return }
    historyAt = now
    do throws(Errno) {
      var files = try LedgerFiles(reading: state)
      medians = RunDurations.medians(RunHistory.read(HistoryQuery(limit: Self.historyRows), from: &files).rows)
    } catch {
      // Progress is shown without a measure then.
    }
  }
}
