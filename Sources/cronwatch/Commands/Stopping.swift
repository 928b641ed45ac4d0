import CronConfig
import CronDaemon
import CronSystem
import CronWire

/// Ends a running cronwatch, whatever state it is in.
enum Stopping {
  /// How long the request to stop may stay without an answer.
  private static let answerMilliseconds: Int64 = 5_000
  /// How long a process that didn't answer has after SIGTERM, and then after SIGKILL, in nanoseconds.
  private static let patienceNanoseconds: Int64 = 5_000_000_000
  private static let limitNanoseconds: Int64 = 120_000_000_000
  private static let lookMilliseconds = 100
  /// How many runs that go on are named.
  static let namedRuns = 10

  /// Asks it to stop and waits for the locks to fall; throws when nothing runs or when it takes too long.
  ///
  /// Whoever holds a lock and doesn't answer is ended by signals. Returns the runs that go on with their workers, as
  /// far as the ticker told them.
  @discardableResult
  static func stop(
    _ state: StateDirectory, _ context: CommandContext, _ order: StopOrder
  ) throws(CommandFailure) -> [TickerSummary.Running] {
    do {
      if try !isHeld(.watcher, state), try !isHeld(.ticker, state) {
        throw CommandFailure(.notRunning, "cronwatch is not running for \(state.path)", hint: "cronwatch start")
      }
      let isAnswered = try hasAnswered(state, order)
      if !isAnswered {
        context.printError("cronwatch: the request to stop is not answered; ending the processes by signals")
        try end(.watcher, .stopping, state)
        // A watcher that stops in order ends its ticker itself.
        if try !isHeld(.watcher, state) { try end(.ticker, .draining, state) }
      }
      if try waitUntilFree(state, limitNanoseconds: limit(order)) {
        // One that was ended by signals had no time to tell.
        return isAnswered ? SummaryFile(state).read()?.running ?? [] : []
      }
    } catch let error as CommandFailure {
      throw error
    } catch {
      throw CommandFailure(.temporary, "cronwatch can't be ended: \(error)")
    }
    throw CommandFailure(
      .temporary, "cronwatch hasn't ended within \(limit(order) / 1_000_000_000) s", hint: "cronwatch status")
  }

  /// What the options ask for.
  static func order(_ arguments: Arguments) throws(CommandFailure) -> StopOrder {
    var order = StopOrder()
    if let text = arguments.value("--jobs") {
      guard let jobs = StopOrder.Jobs(rawValue: text) else {
        throw CommandFailure(.usage, "--jobs: '\(HumanText.escaped(text))' is none of leave, stop, wait")
      }
      order.jobs = jobs
    }
    guard let text = arguments.value("--drain-timeout") else { return order }
    guard let milliseconds = DurationText.milliseconds(text), milliseconds <= StopOrder.longestMilliseconds else {
      throw CommandFailure(
        .usage, "--drain-timeout: '\(HumanText.escaped(text))' is no duration of up to a day",
        hint: "such as 30s or 10m")
    }
    order.drainMilliseconds = milliseconds
    return order
  }

  /// How long the end is waited for, in nanoseconds.
  private static func limit(_ order: StopOrder) -> Int64 {
    let open = order.jobs == .leave ? 0 : StopOrder.longestMilliseconds
    let longest = order.jobs == .stop ? open : order.drainMilliseconds ?? open
    return limitNanoseconds + longest * 1_000_000
  }

  /// Whether the request to stop was taken.
  private static func hasAnswered(_ state: StateDirectory, _ order: StopOrder) throws(CommandFailure) -> Bool {
    let request = JSONValue.object(JSONObject([("verb", .string("stop"))] + order.members))
    let answer: JSONValue
    do throws(ControlError) {
      answer = try ControlClient.ask(state, request, timeoutMilliseconds: answerMilliseconds)
    } catch {
      return false
    }
    try CommandContext.requireSuccess(answer)
    return true
  }

  /// SIGTERM to the lock's holder, also if it is stopped, and SIGKILL if it shows no sign of ending.
  private static func end(
    _ role: RoleLock.Role, _ phase: BeatPhase, _ state: StateDirectory
  ) throws(Errno) {
    guard let holder = try RoleLock.query(role, in: state).holder, let process = try ProcessDescriptor(holder) else {
      return
    }
    let asked = SystemClock.monotonic()
    try process.signal(Signal.terminate)
    // A stopped process takes no SIGTERM.
    try process.signal(Signal.resume)
    if try hasEnded(process, within: patienceNanoseconds) { return }
    let beat = HeartbeatFile(state, role == .watcher ? .watcher : .ticker).read().beat
    if let beat, beat.identity == holder, beat.phase == phase, beat.monotonicNanoseconds >= asked { return }
    try process.signal(Signal.kill)
    _ = try hasEnded(process, within: patienceNanoseconds)
  }

  private static func hasEnded(
    _ process: borrowing ProcessDescriptor, within nanoseconds: Int64
  ) throws(Errno) -> Bool {
    let poller = try Poller()
    try poller.add(process.raw, token: 0)
    _ = try poller.wait(timeoutMilliseconds: Int(nanoseconds / 1_000_000))
    return process.hasEnded
  }

  /// Waits until nobody holds a lock; false when that takes too long.
  private static func waitUntilFree(_ state: StateDirectory, limitNanoseconds: Int64) throws(Errno) -> Bool {
    let deadline = SystemClock.monotonic() &+ limitNanoseconds
    while SystemClock.monotonic() < deadline {
      let watcher = try RoleLock.query(.watcher, in: state)
      let ticker = try RoleLock.query(.ticker, in: state)
      if !watcher.isHeld, !ticker.isHeld { return true }
      let poller = try Poller()
      if let holder = watcher.holder ?? ticker.holder, let process = try ProcessDescriptor(holder) {
        try poller.add(process.raw, token: 0)
        _ = try poller.wait(timeoutMilliseconds: 1_000)
      } else {
        // Whoever holds it can't be told: then there is nothing to wait for but the time.
        _ = try poller.wait(timeoutMilliseconds: lookMilliseconds)
      }
    }
    return false
  }

  private static func isHeld(_ role: RoleLock.Role, _ state: StateDirectory) throws(Errno) -> Bool {
    try RoleLock.query(role, in: state).isHeld
  }
}
