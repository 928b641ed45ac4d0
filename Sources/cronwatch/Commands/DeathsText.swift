import CronDaemon
import CronSystem
import CronTime
import CronWire

/// The ends of our own processes as text and as JSON: `status --deaths`.
enum DeathsText {
  /// Newest first.
  static func deaths(_ context: CommandContext) throws(CommandFailure) -> [DeathRecord] {
    guard let state = try context.existingState() else { return [] }
    do throws(Errno) {
      return try UnseenDeaths.withKept(state).reversed()
    } catch {
      throw CommandFailure(.temporary, "the deaths can't be read: \(error)")
    }
  }

  /// A line for each, and below it what the process said last.
  static func table(_ deaths: [DeathRecord]) -> [String] {
    ["WHEN                      ROLE     PID      LIVED        END                       WHY"]
      + deaths.flatMap { [row($0)] + words($0) }
  }

  private static func row(_ death: DeathRecord) -> String {
    [
      HumanText.padded(Instant(microseconds: death.atMicroseconds).milliseconds3339, width: 24),
      HumanText.padded(death.role.rawValue, width: 7), HumanText.padded(String(death.pid), width: 7),
      HumanText.padded(HumanText.duration(seconds: Double(death.uptimeSeconds)), width: 11),
      HumanText.padded(end(death), width: 24), why(death),
    ].joined(separator: "  ")
  }

  private static func end(_ death: DeathRecord) -> String {
    death.cause?.description ?? (death.reason == "eof" ? "EOF of its channel" : "unknown")
  }

  /// Escaped: nobody knows what a process that is about to die writes.
  private static func words(_ death: DeathRecord) -> [String] {
    LastWords.lines(death.lastWords ?? "").map { "    | \(HumanText.escaped($0))" }
  }

  /// `unasked`, `stalled`; what was meant to be says so.
  private static func why(_ death: DeathRecord) -> String {
    let during = death.during.map { " while \(HumanText.escaped($0))" } ?? ""
    if death.isUnwanted { return HumanText.escaped(death.reason) + during }
    return "\(HumanText.escaped(death.reason)) (as it should)"
  }

  static func json(_ death: DeathRecord) -> JSONValue {
    let ending: (code: JSONValue, signal: JSONValue, isDumped: Bool)
    switch death.cause {
    case .exited(let status): ending = (.integer(Int64(status)), .null, false)
    case nil: ending = (.null, .null, false)
    case .signaled(let number, let isDumped): ending = (.null, .string(Signal.name(number)), isDumped)
    }
    return .object(
      JSONObject([
        ("at", .string(Instant(microseconds: death.atMicroseconds).milliseconds3339)),
        ("role", .string(death.role.rawValue)),
        ("pid", .integer(Int64(death.pid))), ("uptime_s", .integer(death.uptimeSeconds)), ("exit_code", ending.code),
        ("signal", ending.signal), ("core_dumped", .bool(ending.isDumped)), ("reason", .string(death.reason)),
        ("unwanted", .bool(death.isUnwanted)), ("during", JSONValue(death.during)),
        ("stderr", JSONValue(death.lastWords)),
      ]))
  }
}
