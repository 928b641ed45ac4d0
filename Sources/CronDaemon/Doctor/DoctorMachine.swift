internal import CronSystem

/// What the doctor learnt about the machine; plain values.
struct DoctorMachine {
  /// The clock; nil = the kernel doesn't tell.
  var clock: ClockDiscipline?
  /// Where zone data is looked for.
  var zoneDirectory = "/usr/share/zoneinfo"
  /// Whether there is any.
  var hasZoneData = true
  /// `$TZ`, where it names no zone.
  var unknownZone: String?
}

/// The checks of the machine; pure.
extension DoctorMachine {
  /// A clock that may be off by more is worth a word, in microseconds.
  private static let notableError: Int64 = 1_000_000

  var clockFinding: DoctorFinding {
    guard let clock else { return DoctorFinding(.clock, .note, "not looked at: the kernel doesn't tell (a sandbox?)") }
    let error = "off by at most \(HumanText.duration(seconds: Double(clock.maximumErrorMicroseconds) / 1e6))"
    guard clock.isSynchronised else {
      return DoctorFinding(
        .clock, .problem, "no time server keeps the clock right",
        remedy: "run chrony or `timedatectl set-ntp true`; in a container or virtual machine, on its host")
    }
    if clock.maximumErrorMicroseconds > Self.notableError {
      return DoctorFinding(.clock, .note, "synchronised, but \(error)")
    }
    return DoctorFinding(.clock, .ok, "synchronised, \(error)")
  }

  var zoneFinding: DoctorFinding {
    guard hasZoneData else {
      return DoctorFinding(
        .zoneData, .problem, "there is no zone data in \(zoneDirectory): only UTC and /etc/localtime can be used",
        remedy: "install the package tzdata")
    }
    if let unknownZone {
      return DoctorFinding(
        .zoneData, .problem, "$TZ names no zone (\(unknownZone)), so it is passed over",
        remedy: "set it to a name like Europe/Paris, or write [jobs] zone")
    }
    return DoctorFinding(.zoneData, .ok, "in \(zoneDirectory)")
  }

  /// Every finding.
  var findings: [DoctorFinding] { [clockFinding, zoneFinding] }
}
