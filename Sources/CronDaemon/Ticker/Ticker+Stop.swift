import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime

/// The ticker's end: nothing new fires, runs end or are left, all of it within a limit.
extension Ticker {
  /// What a stopped run may take beyond its grace until its end is known, in nanoseconds.
  private static let stopMargin: Int64 = 5_000_000_000
  /// How many runs a line of the log names.
  private static let dumpedRuns = 16

  /// Fires nothing new and lets runs end; a later order takes the place of an earlier one.
  func drain(_ order: StopOrder) {
    stopOrder = order
    let milliseconds = order.drain(configured: arguments.drainMilliseconds)
    loop.deadlines.set(.drain, at: loop.monotonic() &+ milliseconds &* 1_000_000)
    if isDraining { return }
    isDraining = true
    log.info("draining", LogField("running", engine.summary.running.count), LogField("jobs", order.jobs.rawValue))
    tell(.stopping)
    deliver(.drain(moment()))
    pool.drain()
  }

  /// What still runs is left to its workers, or stopped and waited for once more.
  func drainIsOver() {
    guard stopOrder.jobs == .stop else {
      if !engine.isIdle { log.warning("the drain is over; what runs goes on with its workers") }
      mustEnd = true
      return
    }
    let running = engine.summary.running.map(\.run)
    log.warning("the drain is over; stopping what runs", LogField("running", running.count))
    // Once: whoever outlives that is left to its worker.
    stopOrder.jobs = .leave
    let grace = table.settings.killGraceMilliseconds &* 1_000_000
    loop.deadlines.set(.drain, at: loop.monotonic() &+ grace &+ Self.stopMargin)
    for run in running { deliver(.stopRun(run, request: nextRequestNumber(), moment())) }
  }

  /// Writes into the log how things are, in one line.
  func dump() {
    let facts = engine.summary
    let runs = facts.running.prefix(Self.dumpedRuns).map { "\($0.job) \($0.run.text)" }
    log.info(
      "state", LogField("tick", tickCount), LogField("jobs", facts.jobs), LogField("paused", facts.paused),
      LogField("queued", facts.queued), LogField("next_due", facts.earliestDue?.description ?? "none"),
      LogField("running", facts.running.count), LogField("runs", runs.joined(separator: ", ")),
      LogField("workers", pool.processes.count), LogField("ledger", keeper.problem ?? "written"),
      LogField("problems", problems.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; ")))
  }
}
