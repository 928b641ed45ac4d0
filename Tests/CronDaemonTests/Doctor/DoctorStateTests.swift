import CronSystem
import CronTestSupport
import CronWire
import Testing

@testable import CronDaemon

@Suite struct DoctorStateTests {
  private static func state(_ change: (inout DoctorState) -> Void = { _ in }) -> DoctorState {
    var state = DoctorState(path: "/s", place: "/s")
    state.fileSystem = FileSystem(
      kind: 0xEF53, isReadOnly: false, totalBytes: 1 << 40, availableBytes: 1 << 39, totalInodes: 1 << 20,
      availableInodes: 1 << 19)
    state.isWritable = true
    state.verdict = .healthy
    state.message = "jobs will fire automatically"
    state.ledger = LedgerHealth(segments: 2, bytes: 8 << 20, hasReserve: true, hasSpilled: false)
    change(&state)
    return state
  }

  @Test func `a sound state directory has nothing to be said`() {
    let findings = Self.state().findings
    #expect(findings.allSatisfy { $0.result == .ok && $0.remedy == nil })
    #expect(findings.map(\.check) == DoctorGroup.state.checks)
    #expect(findings.first?.found == "healthy: jobs will fire automatically")
    #expect(findings.last?.found == "2 segments, 8 MiB")
  }

  @Test(arguments: Verdict.allCases) func `only a verdict by which jobs fire is fine`(verdict: Verdict) {
    let finding = Self.state { $0.verdict = verdict }.statusFinding
    let expected: DoctorResult =
      switch verdict {
      case .healthy, .asleep: .ok
      case .starting, .stopping: .note
      default: .problem
      }
    #expect(finding.result == expected)
    #expect((finding.remedy == nil) == (expected != .problem))
  }

  @Test(
    arguments: [
      (0xEF53, .ok), (0x5846_5342, .ok), (0x9123_683E, .ok), (0x6969, .problem), (0xFF53_4D42, .problem),
      (0xFE53_4D42, .problem), (0x00C3_6400, .problem), (0x0102_1997, .problem), (0x0102_1994, .problem),
      (0x794C_7630, .problem), (0x6573_5546, .note),
    ] as [(UInt64, DoctorResult)])
  func `state belongs on a local disk`(kind: UInt64, result: DoctorResult) {
    let finding = Self.state { $0.fileSystem?.kind = kind }.fileSystemFinding
    #expect(finding.result == result && (finding.remedy != nil) == (result == .problem))
  }

  @Test(
    arguments: [
      ((64 << 20) - 1, 1_000_000, .problem), (64 << 20, 1_000_000, .note), (1 << 39, 999, .problem),
      (1 << 39, 1_000, .ok), ((512 << 20) - 1, 1_000_000, .note), (512 << 20, 1_000_000, .ok),
    ] as [(UInt64, UInt64, DoctorResult)])
  func `a disk that fills up is said before it is full`(bytes: UInt64, inodes: UInt64, result: DoctorResult) {
    let finding = Self.state {
      $0.fileSystem?.availableBytes = bytes
      $0.fileSystem?.availableInodes = inodes
    }.spaceFinding
    #expect(finding.result == result)
  }

  @Test func `a file system that counts no inodes has enough of them`() {
    let finding = Self.state {
      $0.fileSystem?.totalInodes = 0
      $0.fileSystem?.availableInodes = 0
    }.spaceFinding
    #expect(finding.result == .ok && !finding.found.contains("inodes"))
  }

  @Test func `what can't be written is a problem, and why`() {
    let mounted = Self.state { $0.fileSystem?.isReadOnly = true }.writableFinding
    #expect(mounted.result == .problem && mounted.found.contains("read-only"))
    #expect(Self.state { $0.isWritable = false }.writableFinding.result == .problem)
    #expect(Self.state { $0.isWritable = nil }.writableFinding.result == .note)
  }

  @Test func `files that others may get at are named`() {
    let finding = Self.state { $0.loose = ["format (mode 644)", "x (of uid 7)"] }.permissionFinding
    #expect(finding.result == .problem && finding.found == "others may get at format (mode 644), x (of uid 7)")
  }

  @Test func `files of nobody are named, and are no problem`() {
    let finding = Self.state {
      $0.strangers = ["core"]
      $0.stale = [".format.7.tmp"]
      $0.quarantined = 2
    }.foreignFinding
    #expect(finding.result == .note && finding.remedy == nil)
    #expect(finding.found.contains("not ours: core; left over by a crash: .format.7.tmp; 2 in quarantine/"))
  }

  @Test func `a ledger that is spilled, unreadable or without its reserve is a problem`() {
    #expect(Self.state { $0.ledger?.hasSpilled = true }.ledgerFinding.result == .problem)
    #expect(Self.state { $0.ledger?.hasReserve = false }.ledgerFinding.result == .problem)
    let down = Self.state {
      $0.ledger?.hasReserve = false
      $0.verdict = .down
    }
    #expect(down.ledgerFinding.result == .ok)
    #expect(Self.state { $0.ledger = nil }.ledgerFinding.result == .note)
    let unreadable = Self.state {
      $0.ledger = nil
      $0.ledgerProblem = "it is a file"
    }
    #expect(unreadable.ledgerFinding.result == .problem)
  }

  @Test func `without a state directory what it would be made in is judged`() {
    let findings = Self.state {
      $0.exists = false
      $0.place = "/srv"
      $0.verdict = .down
      $0.message = "not running"
    }.findings
    #expect(findings.map(\.check) == [.status, .stateDirectory, .fileSystem, .writable, .space])
    #expect(findings[1].result == .note && findings[1].remedy == nil && findings[3].found == "/srv")
  }

  @Test(
    arguments: [(0, "0 bytes"), (1_023, "1023 bytes"), (1_024, "1 KiB"), (.max, "16383 PiB")] as [(UInt64, String)])
  func `sizes are read at a glance`(bytes: UInt64, text: String) { #expect(ByteText.of(bytes) == text) }
}

@Suite struct DoctorReportTests {
  private static func line(_ check: DoctorCheck, _ result: DoctorResult = .ok) -> String {
    String(decoding: JSONWriter.line(DoctorFinding(check, result, "x", remedy: "y").json), as: UTF8.self)
  }

  @Test func `a finding is the same after a pipe, and safe on a terminal`() throws {
    let finding = DoctorFinding(.space, .problem, "disk\u{1B}[31m", remedy: "free it")
    #expect(DoctorFinding(json: try JSONReader.parse(JSONWriter.line(finding.json))) == finding)
    #expect(finding.text == "problem  space            disk\\x1b[31m; free it")
    #expect(DoctorFinding(json: ["check": "weather", "result": "ok", "found": "sun"]) == nil)
  }

  @Test func `every check belongs to one group`() {
    let all = DoctorGroup.allCases.flatMap(\.checks)
    #expect(all.count == DoctorCheck.allCases.count && Set(all) == Set(DoctorCheck.allCases))
  }

  @Test func `checks that hang are said, and what was found before stays`() {
    let lines = [Self.line(.status), "{\"check\":"]
    let findings = Doctor.complete(lines, of: .state, end: .gaveUp, state: "/s")
    #expect(findings.map(\.check) == DoctorGroup.state.checks)
    #expect(findings[0].result == .ok)
    #expect(findings[1].result == .problem && findings[1].found.hasPrefix("/s,"))
    #expect(findings[2...].allSatisfy { $0.result == .note && $0.found.contains("not looked at") })
  }

  @Test func `checks that crash or can't begin are said, and are no problem of the user's`() {
    for end in [Helper.End.finished, .failed(.wouldBlock)] {
      let findings = Doctor.complete([], of: .machine, end: end, state: "/s")
      #expect(findings.map(\.check) == DoctorGroup.machine.checks)
      #expect(findings.allSatisfy { $0.result == .note && $0.found.contains("not looked at") })
    }
  }

  @Test func `a state directory that isn't there leaves fewer checks`() {
    let checks: [DoctorCheck] = [.status, .fileSystem, .writable, .space]
    let lines = checks.map { Self.line($0) } + [Self.line(.stateDirectory, .note)]
    let findings = Doctor.complete(lines, of: .state, end: .finished, state: "/s")
    #expect(Set(findings.map(\.check)) == Set(checks + [.stateDirectory]))
  }
}

@Suite struct DoctorProbeTests {
  private static func probe(_ sandbox: borrowing Sandbox) -> DoctorProbe {
    DoctorProbe(statePath: sandbox.path(of: "state"), configurationPath: "")
  }

  @Test func `what isn't ours, others may read or a crash left is found in a real directory`() throws {
    let sandbox = try Sandbox()
    _ = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let clean = Self.probe(sandbox).state()
    #expect(clean.loose.isEmpty && clean.strangers.isEmpty && clean.stale.isEmpty && clean.refusal == nil)
    #expect(clean.isWritable == true && clean.verdict == .down && clean.fileSystem?.isReadOnly == false)
    try sandbox.write("state/core", "x", permissions: 0o600)
    try sandbox.write("state/heartbeat/pulse", "x", permissions: 0o600)
    try sandbox.write("state/ledger/backup.log", "x", permissions: 0o600)
    try sandbox.write("state/deaths", "x", permissions: 0o640)
    try sandbox.write("state/.format.1.tmp", "x", permissions: 0o600)
    try sandbox.write("state/quarantine/ledger-000001.log", "x", permissions: 0o600)
    try sandbox.write("state/ledger/000001.log", "x", permissions: 0o600)
    let found = Self.probe(sandbox).state()
    #expect(Set(found.strangers) == ["core", "heartbeat/pulse", "ledger/backup.log"])
    #expect(found.loose == ["deaths (mode 640)"])
    // It is young: somebody may be at work.
    #expect(found.stale.isEmpty)
    #expect(found.quarantined == 1 && found.ledger?.segments == 1 && found.ledger?.hasReserve == false)
  }

  @Test func `a state directory that isn't there is judged by its parent`() throws {
    let sandbox = try Sandbox()
    let facts = Self.probe(sandbox).state()
    #expect(!facts.exists && facts.place == sandbox.path && facts.verdict == .down)
  }

  @Test func `a state directory in the place of something else is refused with its reason`() throws {
    let sandbox = try Sandbox()
    _ = try Directory.create(sandbox.path(of: "state"), permissions: 0o700)
    try Directory.open(sandbox.path(of: "state")).descriptor.setPermissions(0o777)
    let facts = Self.probe(sandbox).state()
    #expect(facts.refusal?.contains("others may write") == true)
    #expect(facts.directoryFinding.result == .problem && facts.statusFinding.result == .problem)
  }
}
