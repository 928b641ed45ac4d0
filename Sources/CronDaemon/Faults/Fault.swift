#if CRONWATCH_FAULTS
  import CronSystem

  /// Named places where a test build can be made to die, hang or fail: `CRONWATCH_FAULT=POINT[@N[+]]:ACTION[,…]`.
  ///
  /// A fault fires at the Nth passage of its process (default the first), with `+` at every later one too.
  /// With `CRONWATCH_FAULT_DIRECTORY` it fires once for all processes: the one that creates the marker file there is
  /// hit. The release has none of this.
  public enum Fault {
    private struct Rule: Sendable {
      let point: String
      let passage: Int
      /// At that passage and at every later one.
      let isLasting: Bool
      let action: String
    }

    private static let rules: [Rule] = (Environment.get("CRONWATCH_FAULT") ?? "").split(separator: ",").compactMap {
      text in
      let parts = text.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      let place = parts[0].split(separator: "@", maxSplits: 1)
      guard let point = place.first else { return nil }
      let number = place.count > 1 ? place[1] : "1"
      return Rule(
        point: String(point), passage: Int(number.prefix { $0.isNumber }) ?? 1, isLasting: number.hasSuffix("+"),
        action: String(parts[1]))
    }

    /// One thread only ever passes fault points: each role has one loop.
    nonisolated(unsafe) private static var passages: [String: Int] = [:]

    /// Does what the environment asks for at this place; nothing when it asks for nothing.
    public static func point(_ name: String) {
      guard action(at: name) != nil, let action = taken(name) else { return }
      perform(action, at: name)
    }

    /// The same, but only with the input that `CRONWATCH_FAULT_INPUT` names, if it names one.
    public static func point(_ name: String, of input: String) {
      if let wanted = Environment.get("CRONWATCH_FAULT_INPUT"), wanted != input { return }
      point(name)
    }

    /// Whether an `error` is asked for at this place: the caller fails as if the system had.
    public static func fails(_ name: String) -> Bool {
      guard action(at: name) == "error" else { return false }
      return taken(name) == "error"
    }

    private static func action(at name: String) -> String? { rules.first { $0.point == name }?.action }

    /// Counts the passage, and claims the fault when it is due.
    private static func taken(_ name: String) -> String? {
      guard let rule = rules.first(where: { $0.point == name }) else { return nil }
      passages[name, default: 0] += 1
      let passage = passages[name, default: 0]
      guard passage == rule.passage || (rule.isLasting && passage > rule.passage) else { return nil }
      guard let path = Environment.get("CRONWATCH_FAULT_DIRECTORY") else { return rule.action }
      do {
        let directory = try Directory.open(path)
        try directory.openFile(name, [.write, .create, .exclusive]).close()
        return rule.action
      } catch {
        return nil
      }
    }

    private static func perform(_ action: String, at name: String) {
      switch action {
      case "kill": signalSelf(Signal.kill)
      case "abort": signalSelf(Signal.abort)
      case "stop": signalSelf(Signal.stop)
      case "trap": preconditionFailure("fault point \(name)")
      case "exit0": CurrentProcess.exit(0)
      case "exit70": CurrentProcess.exit(70)
      case "hang": hang()
      case "spin": while passages.isEmpty == false {}
      case "overflow": passages[name] = deeper(passages.count)
      case "memory": ResourceLimits.exhaustMemory()
      default: invariantFailure("CRONWATCH_FAULT: unknown action '\(action)' at \(name)")
      }
    }

    /// Needs more stack than there is.
    private static func deeper(_ depth: Int) -> Int { depth == .max ? 0 : deeper(depth &+ 1) &+ depth }

    private static func signalSelf(_ number: Int32) {
      do {
        _ = try ProcessDescriptor(ProcessIdentity.currentProcess)?.signal(number)
      } catch {
        invariantFailure("CRONWATCH_FAULT: can't signal myself: \(error)")
      }
    }

    /// Alive, and not making any progress.
    private static func hang() -> Never {
      while true {
        do { _ = try Poller().wait(timeoutMilliseconds: 1_000_000) } catch {}
      }
    }
  }
#else
  /// Named places where a test build can be made to fail; the release has nothing but the calls, which vanish.
  public enum Fault {
    /// Nothing.
    @inlinable public static func point(_ name: StaticString) {}

    /// Nothing.
    @inlinable public static func point(_ name: StaticString, of input: String) {}

    /// Never.
    @inlinable public static func fails(_ name: StaticString) -> Bool { false }
  }
#endif
