public import CronWire

/// What `cronwatch doctor` looks at, in the order in which it is shown.
public enum DoctorCheck: String, Hashable, Sendable, CaseIterable {
  /// Whether status says that jobs will fire.
  case status
  /// Whether the configuration and every source of jobs is in use as written.
  case configuration
  /// Whether a time server keeps the clock right.
  case clock
  /// Whether there is zone data.
  case zoneData = "zone-data"
  /// Whether mail that jobs ask for can be sent.
  case mail
  /// Whether another cron runs the same jobs.
  case otherCron = "other-cron"
  /// Whether the limit of open files fits the limit of workers.
  case openFiles = "open-files"
  /// Whether the control group is ours to divide.
  case cgroup
  /// Whether the unit of systemd leaves running jobs alone.
  case systemdUnit = "systemd-unit"
  /// Whether the state directory can be used at all.
  case stateDirectory = "state-directory"
  /// Whether it lies on a local disk.
  case fileSystem = "file-system"
  /// Whether it can be written.
  case writable
  /// Whether there are bytes and inodes left.
  case space
  /// Whether its files are ours alone.
  case permissions
  /// Whether there are files in it that nobody knows.
  case foreignFiles = "foreign-files"
  /// Whether the ledger is whole and has its reserve.
  case ledger
}

/// What a check comes to.
public enum DoctorResult: String, Hashable, Sendable {
  /// Nothing to do.
  case ok
  /// Worth knowing; nothing has to be done, so that it has no remedy.
  case note
  /// Somebody should do something: its remedy.
  case problem
}

/// The outcome of one check.
public struct DoctorFinding: Hashable, Sendable {
  /// Which check.
  public var check: DoctorCheck
  /// What it comes to.
  public var result: DoctorResult
  /// What was found, in one clause.
  public var found: String
  /// What to do, in one clause; of problems alone.
  public var remedy: String?

  /// The outcome of a check.
  public init(_ check: DoctorCheck, _ result: DoctorResult, _ found: String, remedy: String? = nil) {
    self.check = check
    self.result = result
    self.found = found
    self.remedy = remedy
  }

  /// `problem  clock  …; remedy` as one line, made safe for a terminal.
  public var text: String {
    let advice = remedy.map { "; \($0)" } ?? ""
    return HumanText.padded(result.rawValue, width: 9) + HumanText.padded(check.rawValue, width: 17)
      + HumanText.escaped(found + advice)
  }

  /// The object of `--json`.
  public var json: JSONValue {
    [
      "check": .string(check.rawValue), "result": .string(result.rawValue), "found": .string(found),
      "remedy": JSONValue(remedy),
    ]
  }

  /// Reads what `json` made.
  init?(json: JSONValue) {
    guard let check = json["check"]?.stringValue.flatMap(DoctorCheck.init(rawValue:)),
      let result = json["result"]?.stringValue.flatMap(DoctorResult.init(rawValue:)),
      let found = json["found"]?.stringValue
    else { return nil }
    self.init(check, result, found, remedy: json["remedy"]?.stringValue)
  }
}
