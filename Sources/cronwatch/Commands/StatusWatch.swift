import CronConfig
import CronDaemon
import CronSystem

/// `status --watch`: the loop; what it shows is `WatchScreen`'s.
struct StatusWatch {
  private enum Token: UInt64 {
    case signals = 1
    case timer
    case keys
  }

  /// What has been asked for meanwhile.
  private enum Wish {
    case nothing
    case frame
    case quit
    case suspend
  }

  private static let intervals: ClosedRange<Int64> = 100...3_600_000

  private let context: CommandContext
  private let terminal: Terminal
  private let collector: WatchCollector
  private let intervalMilliseconds: Int64

  /// Shows the status until somebody quits.
  static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
    let interval = try interval(context.arguments)
    guard let terminal = Terminal(), Environment.get("TERM") != "dumb" else {
      throw CommandFailure(
        .usage, "--watch redraws a terminal, and standard output is none that it can redraw",
        hint: "cronwatch status, or cronwatch status --json for programs")
    }
    // Whom nobody answers is told so at once, and no empty screen.
    _ = try Verb.guestAnswer(context)
    let collector = WatchCollector(path: try context.statePath(), intervalSeconds: Double(interval) / 1_000)
    let watch = StatusWatch(
      context: context, terminal: terminal, collector: collector, intervalMilliseconds: interval)
    do throws(Errno) {
      // Before the screen is touched: a signal from here on waits until it can be given back.
      let signals = try SignalDescriptor()
      defer { terminal.leave() }
      try terminal.enter()
      try watch.loop(signals)
      return .success
    } catch {
      throw CommandFailure(.temporary, "the terminal can't be drawn: \(error)")
    }
  }

  private static func interval(_ arguments: Arguments) throws(CommandFailure) -> Int64 {
    guard let text = arguments.value("--interval") else { return 1_000 }
    guard let value = DurationText.milliseconds(text), intervals.contains(value) else {
      throw CommandFailure(
        .usage, "--interval: '\(HumanText.escaped(text))' is not a duration from 100ms to 1h", hint: "write 2s")
    }
    return value
  }

  private func loop(_ signals: borrowing SignalDescriptor) throws(Errno) {
    let poller = try Poller()
    let timer = try TimerDescriptor(.monotonic)
    try poller.add(signals.raw, token: Token.signals.rawValue)
    try poller.add(timer.raw, token: Token.timer.rawValue)
    if terminal.hasKeys { try poller.add(0, token: Token.keys.rawValue) }
    var facts = collector.collect()
    while true {
      try draw(facts)
      try timer.arm(afterMilliseconds: intervalMilliseconds)
      var isDue = false
      for ready in try poller.wait(timeoutMilliseconds: nil) {
        switch Token(rawValue: ready.token) {
        case .timer?:
          _ = try timer.read()
          isDue = true
        case .signals?:
          switch Self.wish(signals: try signals.read()) {
          case .quit: return
          case .suspend: try terminal.suspend()
          case .frame, .nothing: break
          }
        case .keys?:
          switch Self.wish(keys: try terminal.readKeys()) {
          case .quit: return
          case .frame: isDue = true
          case .suspend, .nothing: break
          }
        case nil: break
        }
      }
      // A change of size only draws again what is known.
      if isDue { facts = collector.collect() }
    }
  }

  private static func wish(signals: [Int32]) -> Wish {
    for number in signals {
      switch number {
      case Signal.windowChange, Signal.resume: continue
      case Signal.terminalStop: return .suspend
      case Signal.interrupt, Signal.terminate, Signal.hangUp, Signal.quit: return .quit
      default: continue
      }
    }
    return .frame
  }

  /// Nothing to read = the terminal has gone.
  private static func wish(keys: [UInt8]) -> Wish {
    if keys.isEmpty || keys.contains(where: { [0x71, 0x51, 0x03, 0x04].contains($0) }) { return .quit }
    return keys.contains { [0x72, 0x52, 0x20, 0x0C].contains($0) } ? .frame : .nothing
  }

  private func draw(_ facts: WatchFacts) throws(Errno) {
    let size = terminal.size
    let glyphs = ViewGlyphs.of { Environment.get($0) }
    let rows = WatchScreen(facts, size: size, glyphs: glyphs).render()
    try StandardOutput.write(WatchFrame.bytes(rows, size: size, color: context.wantsColor))
  }
}
