internal import CronSystem
internal import CronWire

/// `cronwatch doctor`: looks at everything that commonly keeps jobs from firing, within a bounded time.
///
/// Each group of checks runs in a process of its own. One that a dead mount holds is killed and left behind: a process
/// in the D state can't be waited for.
public enum Doctor {
  /// The milliseconds that all of it may take.
  static let patienceMilliseconds = 5_000
  /// More than a group ever says, in bytes.
  private static let mostBytes = 1 << 20

  /// Every finding, in the order of the checks.
  public static func examine(state: String, configuration: String) -> [DoctorFinding] {
    let deadline = SystemClock.monotonic() + Int64(patienceMilliseconds) * 1_000_000
    let helpers = DoctorGroup.allCases.map { group in
      var words = RoleArguments()
      words.add("group", group.rawValue)
      words.add("state", state)
      words.add("config", configuration)
      return (group: group, helper: Helper("doctor", words))
    }
    var findings: [DoctorFinding] = []
    for (group, helper) in helpers {
      let (bytes, end) = helper.read(until: deadline, limit: mostBytes)
      let lines = bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
      findings += complete(lines, of: group, end: end, state: state)
    }
    let order = Dictionary(DoctorCheck.allCases.enumerated().map { ($1, $0) }) { first, _ in first }
    return findings.sorted { order[$0.check, default: 0] < order[$1.check, default: 0] }
  }

  /// The findings of a group's lines; checks that it would have answered and didn't are said. Pure.
  static func complete(_ lines: [String], of group: DoctorGroup, end: Helper.End, state: String) -> [DoctorFinding] {
    var findings = lines.compactMap { line -> DoctorFinding? in
      do { return DoctorFinding(json: try JSONReader.parse(Array(line.utf8))) } catch { return nil }
    }
    let missing = group.checks.filter { check in !findings.contains { $0.check == check } }
    guard let first = missing.first else { return findings }
    let isWhole = end == .finished && findings.contains { $0.check == .stateDirectory && $0.result != .ok }
    if isWhole { return findings }
    switch end {
    case .gaveUp:
      let what = group == .machine ? "the machine" : "\(state), or another file that was looked at,"
      let seconds = patienceMilliseconds / 1_000
      findings.append(
        DoctorFinding(
          first, .problem, "\(what) did not answer within \(seconds) s",
          remedy: "look for a dead mount: `mount`, `dmesg`"))
    case .finished: findings.append(DoctorFinding(first, .note, "not looked at: the check crashed"))
    case .failed(let why): findings.append(DoctorFinding(first, .note, "not looked at: \(why)"))
    }
    for check in missing.dropFirst() {
      findings.append(DoctorFinding(check, .note, "not looked at, because of \(first.rawValue)"))
    }
    return findings
  }
}
