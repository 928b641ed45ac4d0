internal import CronSystem

/// What the doctor learnt about jobs and the service that runs them; plain values.
struct DoctorJobs {
  /// The configuration file; empty = none is named.
  var configuration = ""
  /// What is wrong with it.
  var configurationProblem: String?
  /// What is wrong with sources of jobs, one clause each.
  var sourceProblems: [String] = []
  /// Lines that have no effect.
  var rejectedLines = 0
  /// Jobs of the table that was loaded last; nil = none was.
  var jobs: Int?
  /// Jobs with MAILTO, and the first of them.
  var mailJobs = 0
  var firstMailJob: String?
  /// Whether this machine has a sendmail.
  var hasSendmail = false
  /// The pid of another cron.
  var otherCron: Int32?
  /// Whether the system's crontabs are read.
  var readsSystemCrontabs = false
  /// The hard limit of open files; nil = it can't be told.
  var openFiles: UInt64?
  /// Whose limit that is.
  var openFilesOf = "this shell"
  /// `[workers] max`.
  var workersMax = 128
  /// The control group of version 2; nil = none.
  var cgroup: String?
  /// Whether this user may divide it.
  var isCgroupWritable = false
  /// The unit that systemd would start or has started; nil = none was found.
  var unit: SystemdUnit?
}

/// A unit of systemd with what its files say together.
struct SystemdUnit {
  /// The path of its file.
  var path: String
  /// The last value of `KillMode=`; nil = the default.
  var killMode: String?
  /// The last value of `Delegate=`; nil = the default, which is no.
  var delegate: String?

  /// Whether systemd leaves the unit's control group to it; a list of controllers is a yes, see
  /// systemd.resource-control(5).
  var isDelegated: Bool {
    delegate.map { !["0", "no", "n", "false", "f", "off"].contains($0.lowercased()) } ?? false
  }
}

/// The checks of jobs and service; pure.
extension DoctorJobs {
  /// Descriptors that a ticker needs for itself, and for each worker.
  static let ownDescriptors = 48
  static let descriptorsPerWorker = 4

  /// Every finding.
  var findings: [DoctorFinding] {
    [
      configurationFinding, mailFinding, otherCronFinding, openFilesFinding, cgroupFinding, unitFinding,
    ]
  }

  var configurationFinding: DoctorFinding {
    if let configurationProblem {
      return DoctorFinding(
        .configuration, .problem, configurationProblem, remedy: "run `cronwatch check \(configuration)`")
    }
    if !sourceProblems.isEmpty {
      return DoctorFinding(
        .configuration, .problem, sourceProblems.joined(separator: "; "),
        remedy: "mend the file, then run `cronwatch reload`")
    }
    if rejectedLines > 0 {
      let lines = rejectedLines == 1 ? "1 line has" : "\(rejectedLines) lines have"
      return DoctorFinding(
        .configuration, .problem, "\(lines) no effect", remedy: "run `cronwatch check` on the crontabs")
    }
    guard let jobs else { return DoctorFinding(.configuration, .note, "nothing has been loaded yet") }
    if jobs == 0 {
      return DoctorFinding(.configuration, .note, "no jobs are defined")
    }
    return DoctorFinding(.configuration, .ok, "\(jobs) \(jobs == 1 ? "job" : "jobs"), no line refused")
  }

  var mailFinding: DoctorFinding {
    guard mailJobs > 0 else { return DoctorFinding(.mail, .ok, "no job asks for any") }
    let who = "MAILTO is set for \(mailJobs == 1 ? "the job" : "\(mailJobs) jobs, such as") \(firstMailJob ?? "")"
    if hasSendmail {
      return DoctorFinding(
        .mail, .note, "\(who): their commands may use it, cronwatch sends no mail (`cronwatch logs JOB` has the output)"
      )
    }
    return DoctorFinding(
      .mail, .problem, "\(who), but this machine has no sendmail: nobody gets mail",
      remedy: "install one and pipe output to it in the command, or remove MAILTO and see `cronwatch logs JOB`")
  }

  var otherCronFinding: DoctorFinding {
    guard let otherCron else { return DoctorFinding(.otherCron, .ok, "none runs") }
    guard readsSystemCrontabs else {
      return DoctorFinding(
        .otherCron, .ok, "another cron runs (pid \(otherCron)), and the system's crontabs are left to it")
    }
    return DoctorFinding(
      .otherCron, .problem, "another cron (pid \(otherCron)) runs the system's crontabs too: jobs run twice",
      remedy: "stop and disable it, or write `system = no` in [crontabs]")
  }

  var openFilesFinding: DoctorFinding {
    guard let openFiles else { return DoctorFinding(.openFiles, .note, "not looked at: the limit can't be read") }
    let wanted = UInt64(Self.ownDescriptors + Self.descriptorsPerWorker * workersMax)
    let limit = openFiles == .max ? "no limit" : "\(openFiles)"
    if openFiles < wanted {
      return DoctorFinding(
        .openFiles, .problem, "\(openFilesOf) may open \(limit), \(workersMax) workers need \(wanted)",
        remedy: "raise the hard limit (LimitNOFILE=, ulimit -Hn), or lower [workers] max")
    }
    return DoctorFinding(.openFiles, .ok, "\(openFilesOf) may open \(limit), \(workersMax) workers need \(wanted)")
  }

  /// A group that isn't ours is actionable under systemd alone, where a line of the unit makes it so; and there even if
  /// root may write in it, for systemd takes back what it has not delegated.
  var cgroupFinding: DoctorFinding {
    if let unit, !unit.isDelegated {
      let how = unit.delegate.map { "says Delegate=\($0)" } ?? "says nothing of Delegate"
      return DoctorFinding(
        .cgroup, .problem, "\(unit.path) \(how): the control group isn't ours to divide among jobs",
        remedy: "write Delegate=yes under [Service], then run `systemctl daemon-reload` and restart the service")
    }
    guard let cgroup else {
      return DoctorFinding(.cgroup, .note, "no control group of version 2: jobs don't get their own")
    }
    if isCgroupWritable { return DoctorFinding(.cgroup, .ok, "\(cgroup) may be divided") }
    return DoctorFinding(.cgroup, .note, "\(cgroup) isn't delegated to this user: jobs don't get their own")
  }

  var unitFinding: DoctorFinding {
    guard let unit else { return DoctorFinding(.systemdUnit, .ok, "no unit of cronwatch is installed") }
    let mode = unit.killMode ?? "control-group"
    guard mode == "process" || mode == "none" else {
      let how = unit.killMode == nil ? "says nothing of KillMode" : "says KillMode=\(mode)"
      return DoctorFinding(
        .systemdUnit, .problem, "\(unit.path) \(how): systemd kills running jobs at each restart or crash",
        remedy: "write KillMode=process under [Service], then run `systemctl daemon-reload`")
    }
    return DoctorFinding(.systemdUnit, .ok, "\(unit.path) says KillMode=\(mode)")
  }
}
