import CronEngine
import Testing

/// A watcher's machine with a clock in the test's hand.
struct Watch {
  var machine: Supervision
  var now: Int64 = 1_000_000_000_000
  var timer: Int64?
  var signals: [SupervisionSignal] = []
  var spawns: [Bool] = []
  var inspections = 0
  var declared: [SupervisionPhase] = []

  init(_ settings: SupervisionSettings = SupervisionSettings()) {
    machine = Supervision(settings: settings)
    send(.start(now: now))
  }

  mutating func send(_ event: SupervisionEvent) {
    for action in machine.handle(event) {
      switch action {
      case .spawn(let safeMode): spawns.append(safeMode)
      case .inspect: inspections += 1
      case .signal(let signal): signals.append(signal)
      case .armTimer(let at): timer = at
      case .disarmTimer: timer = nil
      case .declare(let phase): declared.append(phase)
      }
    }
  }

  /// A ticker that was spawned and says READY.
  mutating func becomeReady() {
    send(.spawned(now: now))
    send(.ready(now: now))
  }

  /// Lets the armed timer fire, `late` nanoseconds after its time.
  mutating func fireTimer(beatAge: Int64?, late: Int64 = 0) throws {
    now = try #require(timer) + late
    send(.timer(now: now, beatAge: beatAge))
  }

  mutating func die(_ cause: String = "signal KILL", after lived: Int64 = 0) {
    now += lived
    send(.exited(.died(cause), now: now))
  }
}
