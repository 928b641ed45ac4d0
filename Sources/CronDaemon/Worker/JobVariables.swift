import CronSystem

/// The environment of a job, built as cron does and never inherited by accident.
enum JobVariables {
  /// PATH of a job whose crontab sets none, as in Debian's cron.
  static let defaultPath = "/usr/bin:/bin"

  /// The variables in order; a later one of the same name has replaced the earlier.
  ///
  /// First what was asked to be inherited, then HOME LOGNAME USER SHELL PATH, then the crontab's own (which can't change
  /// LOGNAME and USER), then what tells the job about itself.
  static func build(_ order: SlotOrder, owner: Account, inherited: [String]) -> [SlotOrder.Variable] {
    var variables = Table()
    for entry in inherited {
      guard let separator = entry.firstIndex(of: "=") else { continue }
      let name = String(entry[..<separator])
      guard isWanted(name, order.inherited) else { continue }
      variables.set(name, String(entry[entry.index(after: separator)...]))
    }
    variables.set("HOME", owner.home)
    variables.set("LOGNAME", owner.name)
    variables.set("USER", owner.name)
    variables.set("SHELL", order.shell)
    if !variables.has("PATH") { variables.set("PATH", defaultPath) }
    for variable in order.environment where variable.name != "LOGNAME" && variable.name != "USER" {
      variables.set(variable.name, variable.value)
    }
    variables.set("CRONWATCH_JOB", order.job)
    variables.set("CRONWATCH_RUN", order.claim.run)
    variables.set("CRONWATCH_OCCURRENCE", order.occurrence)
    variables.set("CRONWATCH_ATTEMPT", String(order.attempt))
    return variables.list
  }

  /// What the daemon needs for itself is never handed on, whatever was asked for.
  private static func isWanted(_ name: String, _ wanted: [String]) -> Bool {
    let ours = [
      "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID", "INVOCATION_ID",
      "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "SWIFT_BACKTRACE",
    ]
    if name.hasPrefix("CRONWATCH_") || ours.contains(name) { return false }
    return wanted.contains("*") || wanted.contains(name)
  }

  /// Variables in the order of their first mention.
  private struct Table {
    private(set) var list: [SlotOrder.Variable] = []
    private var positions: [String: Int] = [:]

    func has(_ name: String) -> Bool { positions[name] != nil }

    mutating func set(_ name: String, _ value: String) {
      if let position = positions[name] {
        list[position].value = value
      } else {
        positions[name] = list.count
        list.append(SlotOrder.Variable(name: name, value: value))
      }
    }
  }
}
