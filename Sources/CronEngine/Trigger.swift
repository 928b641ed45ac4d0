public import CronLedger

/// Decides WHEN an occurrence reaches the ticker. What then happens (claim, dispatch) is the same for every trigger.
///
/// Required are `name` and `start` and nothing else: the rest has defaults, and a test keeps it so.
public protocol Trigger {
  /// The name by which `[trigger] provider` chooses it.
  var name: String { get }
  /// Drives the loop until it is asked to stop, or arms something outside and returns `.asleep` at once.
  func start(_ loop: any TickLoop) -> TriggerEnd

  /// Whether it could work here; opens no connection. Default: true.
  var isAvailable: Bool { get }
  /// Lets go of what `start` took; the loop's stop request is the real stop. Default: nothing.
  func stop()
  /// The job table changed. Default: nothing.
  func jobsChanged()
  /// Brings what is armed outside in line with the jobs. Default: nothing.
  func reconcile()
  /// An occurrence is said to be due: claims it and runs it through the loop. True if this call won the claim.
  func fireDue(_ key: OccurrenceKey, _ loop: any TickLoop) -> Bool
}

extension Trigger {
  /// Available unless a trigger says otherwise.
  public var isAvailable: Bool { true }
  /// Nothing to let go.
  public func stop() {}
  /// Nothing to do: the loop computes due instants from the table itself.
  public func jobsChanged() {}
  /// Nothing is armed outside.
  public func reconcile() {}
  /// The shared path: the claim decides who wins, and only the winner's run is started.
  public func fireDue(_ key: OccurrenceKey, _ loop: any TickLoop) -> Bool { loop.fire(key).isWon }
}

/// Why a trigger's `start` returned.
public enum TriggerEnd: Hashable, Sendable {
  /// It was asked to stop.
  case stopped
  /// Something outside will wake us: the process may end, and that is no death.
  case asleep
}

/// The loop of the ticker, as a trigger sees it.
public protocol TickLoop: AnyObject {
  /// Whether the trigger must return now.
  var stopRequested: Bool { get }
  /// Writes a beat that proves life only, before anything has been ticked.
  func beat()
  /// One pass: decides what is due, beats, and moves the success mark when it was clean. True = clean.
  func tick() -> Bool
  /// Sleeps until something is due or happens, or the next beat.
  func wait()
  /// Claims one occurrence and has it run; never waits for the run.
  func fire(_ key: OccurrenceKey) -> FireAnswer
}

/// What became of an occurrence that a trigger fired.
public enum FireAnswer: Hashable, Sendable {
  /// This call won the claim: the occurrence runs, once.
  case won(RunIdentifier)
  /// Somebody else's, or decided long ago.
  case lost
  /// No such job any more.
  case unknownJob
  /// The schedule doesn't name that instant.
  case notScheduled
  /// The instant hasn't come.
  case future
  /// We are stopping, or can't claim now.
  case refused

  /// Whether the call won the claim.
  public var isWon: Bool {
    if case .won = self { return true }
    return false
  }

  /// Reads the engine's answer to `.fire`.
  public init(_ answer: EngineAnswer) {
    switch answer {
    case .accepted(let run): self = .won(run)
    case .alreadyClaimed, .queued, .alreadyRunning: self = .lost
    case .unknownJob, .unknownRun: self = .unknownJob
    case .notScheduled: self = .notScheduled
    case .future: self = .future
    case .draining, .queueFull, .done, .notStarted: self = .refused
    }
  }
}

/// The trigger that is always there: ticks at due instants, for as long as the process lives.
public struct BuiltinTrigger: Trigger {
  /// The built-in's name.
  public static let name = "builtin"

  /// The built-in trigger.
  public init() {}

  /// `builtin`.
  public var name: String { Self.name }

  /// Beats once for liveness, then ticks and waits until it is asked to stop. A failing tick doesn't end the loop.
  public func start(_ loop: any TickLoop) -> TriggerEnd {
    loop.beat()
    while !loop.stopRequested {
      _ = loop.tick()
      // A stop that arrived during the tick must not wait for the next beat.
      if loop.stopRequested { break }
      loop.wait()
    }
    return .stopped
  }
}

/// Chooses the trigger: cron is never left without one.
public enum TriggerResolver {
  /// The provider by that name, else the built-in with a warning that says why.
  ///
  /// No provider configured is the default and no reason to warn. The built-in is never among the discovered.
  public static func resolve(
    provider: String?, discovered: [any Trigger]
  ) -> (trigger: any Trigger, warning: String?) {
    let wanted = trimmed(provider ?? "")
    if wanted.isEmpty || wanted == BuiltinTrigger.name { return (BuiltinTrigger(), nil) }
    guard let found = discovered.first(where: { $0.name == wanted }) else {
      let known = discovered.map(\.name).sorted().joined(separator: ", ")
      let hint = known.isEmpty ? "there are no providers" : "there are: \(known)"
      return (BuiltinTrigger(), "no trigger provider '\(wanted)' (\(hint)); the built-in trigger is used")
    }
    guard found.isAvailable else {
      return (BuiltinTrigger(), "trigger provider '\(wanted)' is not available; the built-in trigger is used")
    }
    return (found, nil)
  }

  private static func trimmed(_ text: String) -> String {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
