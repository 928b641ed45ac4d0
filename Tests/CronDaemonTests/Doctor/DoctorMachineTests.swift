import CronSystem
import Testing

@testable import CronDaemon

@Suite struct DoctorMachineTests {
  @Test(
    arguments: [
      (ClockDiscipline(isSynchronised: true, maximumErrorMicroseconds: 12_000), .ok, "off by at most 12 ms"),
      (ClockDiscipline(isSynchronised: true, maximumErrorMicroseconds: 1_000_001), .note, "off by at most 1 s"),
      (ClockDiscipline(isSynchronised: false, maximumErrorMicroseconds: 16_000_000), .problem, "no time server"),
      (nil, .note, "not looked at"),
    ] as [(ClockDiscipline?, DoctorResult, String)])
  func `a clock that nobody keeps right is a problem`(clock: ClockDiscipline?, result: DoctorResult, words: String) {
    let finding = DoctorMachine(clock: clock).clockFinding
    #expect(finding.result == result && finding.found.contains(words))
    #expect((finding.remedy != nil) == (result == .problem))
  }

  @Test func `zone data that is missing and a zone that isn't there are problems`() {
    #expect(DoctorMachine().zoneFinding.result == .ok)
    let none = DoctorMachine(zoneDirectory: "/z", hasZoneData: false).zoneFinding
    #expect(none.result == .problem && none.found.contains("/z") && none.remedy?.contains("tzdata") == true)
    let odd = DoctorMachine(unknownZone: "Europe/Pariss").zoneFinding
    #expect(odd.result == .problem && odd.found.contains("Europe/Pariss"))
  }

  @Test(
    arguments: [
      ("[Service]\nKillMode=process\n", "process"), ("[Service]\n", nil), ("[Unit]\nKillMode=process\n", nil),
      ("[Service]\nKillMode=process\nKillMode=\n", nil), ("[Service]\n# KillMode=process\n;KillMode=none\n", nil),
      ("[Service]\n KillMode = mixed \r\n", "mixed"), ("[Service]\nKillMode=\\\n  process\n", "process"),
      ("[Service]\nExecStart=/x KillMode=none\\", nil), ("", nil),
    ] as [(String, String?)])
  func `a unit's value is the last one of its section`(text: String, value: String?) {
    #expect(UnitFile.value("KillMode", section: "Service", in: [text]) == value)
  }

  @Test func `a drop-in overrides its unit`() {
    let texts = ["[Service]\nKillMode=process\n", "[Service]\nKillMode=control-group\n"]
    #expect(UnitFile.value("KillMode", section: "Service", in: texts) == "control-group")
  }

  @Test func `control groups are read from the kernel's texts`() {
    #expect(
      ControlGroupText.unified("1:cpu:/x\n0::/system.slice/cronwatch.service\n") == "/system.slice/cronwatch.service")
    #expect(ControlGroupText.unified("1:cpu:/x\n") == nil)
    #expect(ControlGroupText.unit("/system.slice/my-cron.service/jobs") == "my-cron.service")
    #expect(ControlGroupText.unit("/user.slice/session-1.scope") == nil)
    let mounts = """
      22 1 0:20 / /proc rw,nosuid shared:5 - proc proc rw
      30 22 0:26 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
      """
    #expect(ControlGroupText.mountPoint(mounts) == "/sys/fs/cgroup/unified")
    #expect(ControlGroupText.mountPoint("") == nil)
  }

  @Test(
    arguments: [
      (
        "Limit Soft Limit Hard Limit Units\nMax open files            1024       524288     files\n",
        524_288
      ),
      ("Max open files            1024                 unlimited            files\n", UInt64.max),
      ("Max open files\n", nil), ("", nil),
    ] as [(String, UInt64?)])
  func `a process's hard limit of open files is read from the kernel's table`(text: String, limit: UInt64?) {
    #expect(ProcessLimitsText.hardOpenFiles(text) == limit)
  }
}

@Suite struct DoctorJobsTests {
  private static func jobs(_ change: (inout DoctorJobs) -> Void) -> DoctorJobs {
    var jobs = DoctorJobs()
    jobs.jobs = 3
    change(&jobs)
    return jobs
  }

  @Test(
    arguments: [
      (0, true, .ok), (0, false, .ok), (2, true, .note), (1, false, .problem),
    ] as [(Int, Bool, DoctorResult)])
  func `mail that nobody sends is said`(count: Int, hasSendmail: Bool, result: DoctorResult) {
    let finding = Self.jobs {
      $0.mailJobs = count
      $0.firstMailJob = "nightly"
      $0.hasSendmail = hasSendmail
    }.mailFinding
    #expect(finding.result == result)
    #expect(finding.found.contains("nightly") == (count > 0))
    #expect((finding.remedy != nil) == (result == .problem))
  }

  @Test(
    arguments: [
      (128, 560, .ok), (128, 559, .problem), (1, 52, .ok), (1, 51, .problem), (10_000, .max, .ok), (128, nil, .note),
    ] as [(Int, UInt64?, DoctorResult)])
  func `a ticker needs 48 descriptors and 4 for each worker`(workers: Int, limit: UInt64?, result: DoctorResult) {
    let finding = Self.jobs {
      $0.workersMax = workers
      $0.openFiles = limit
    }.openFilesFinding
    #expect(finding.result == result)
  }

  @Test(
    arguments: [
      (nil, true, .ok), (812, false, .ok), (812, true, .problem),
    ] as [(Int32?, Bool, DoctorResult)])
  func `another cron is a problem where both read the same crontabs`(pid: Int32?, isSystem: Bool, result: DoctorResult)
  {
    let finding = Self.jobs {
      $0.otherCron = pid
      $0.readsSystemCrontabs = isSystem
    }.otherCronFinding
    #expect(finding.result == result && finding.found.contains("812") == (pid != nil))
  }

  @Test(
    arguments: [
      ("process", .ok), ("none", .ok), (nil, .problem), ("mixed", .problem), ("control-group", .problem),
    ] as [(String?, DoctorResult)])
  func `a unit that kills running jobs is a problem`(mode: String?, result: DoctorResult) {
    let finding = Self.jobs { $0.unit = SystemdUnit(path: "/u/x.service", killMode: mode) }.unitFinding
    #expect(finding.result == result && finding.found.contains("/u/x.service"))
    #expect(Self.jobs { _ in }.unitFinding.result == .ok)
  }

  @Test func `what is wrong with the configuration is said, the worst first`() {
    func finding(_ change: (inout DoctorJobs) -> Void) -> DoctorFinding { Self.jobs(change).configurationFinding }
    #expect(finding { _ in }.result == .ok)
    #expect(finding { $0.jobs = nil }.result == .note)
    #expect(finding { $0.jobs = 0 }.result == .note)
    #expect(finding { $0.rejectedLines = 1 }.found == "1 line has no effect")
    let source = finding {
      $0.rejectedLines = 1
      $0.sourceProblems = ["/c: is a FIFO"]
    }
    #expect(source.result == .problem && source.found == "/c: is a FIFO")
    let broken = finding {
      $0.sourceProblems = ["/c: is a FIFO"]
      $0.configurationProblem = "/e.conf:3: error: x"
      $0.configuration = "/e.conf"
    }
    #expect(broken.found == "/e.conf:3: error: x" && broken.remedy == "run `cronwatch check /e.conf`")
  }

  @Test(
    arguments: [
      (nil, nil, false, .note), (nil, "/g", false, .note), (nil, "/g", true, .ok),
      (SystemdUnit(path: "/u/x.service", delegate: "yes"), "/g", true, .ok),
      (SystemdUnit(path: "/u/x.service", delegate: "cpu memory"), "/g", true, .ok),
      (SystemdUnit(path: "/u/x.service", delegate: "yes"), "/g", false, .note),
      (SystemdUnit(path: "/u/x.service"), "/g", false, .problem),
      (SystemdUnit(path: "/u/x.service"), "/g", true, .problem),
      (SystemdUnit(path: "/u/x.service"), nil, false, .problem),
      (SystemdUnit(path: "/u/x.service", delegate: "No"), "/g", true, .problem),
    ] as [(SystemdUnit?, String?, Bool, DoctorResult)])
  func `a control group that isn't delegated was a note with a remedy, so that the exit status stayed 0`(
    unit: SystemdUnit?, cgroup: String?, isWritable: Bool, result: DoctorResult
  ) {
    let finding = Self.jobs {
      ($0.unit, $0.cgroup, $0.isCgroupWritable) = (unit, cgroup, isWritable)
    }.cgroupFinding
    #expect(finding.result == result)
    #expect((finding.remedy?.contains("Delegate=yes") == true) == (result == .problem))
  }
}
