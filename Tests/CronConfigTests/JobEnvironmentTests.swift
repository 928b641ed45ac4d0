import CronConfig
import CronTime
import Testing

@Suite("A job's environment")
struct JobEnvironmentTests {
  private let alice = AccountFacts(home: "/home/alice", name: "alice", uid: 1000)
  private let run = RunFacts(job: "backup", run: "r1", occurrence: Instant(seconds: 1_781_784_000), attempt: 2)

  private func variables(_ pairs: [(String, String)]) -> [EnvironmentVariable] {
    pairs.map { EnvironmentVariable(name: $0.0, value: $0.1) }
  }

  private func build(
    _ text: String = "@daily x", account: AccountFacts? = nil, inherited: [(String, String)] = [], run: RunFacts? = nil
  ) -> [String: String] {
    let job = crontab(text).jobs[0]
    let list = JobEnvironment.build(
      job, account: account ?? alice, inherited: variables(inherited), run: run ?? self.run)
    #expect(Set(list.map(\.name)).count == list.count)
    return Dictionary(list.map { ($0.name, $0.value) }) { first, _ in first }
  }

  @Test("is cron's, and says which run it is")
  func plain() {
    #expect(
      build() == [
        "HOME": "/home/alice", "LOGNAME": "alice", "USER": "alice", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin",
        "CRONWATCH_JOB": "backup", "CRONWATCH_RUN": "r1", "CRONWATCH_OCCURRENCE": "2026-06-18T12:00:00Z",
        "CRONWATCH_ATTEMPT": "2",
      ])
  }

  @Test("has an empty occurrence for a manual run")
  func manual() {
    let manual = RunFacts(job: "backup", run: "r1", occurrence: nil, attempt: 1)
    #expect(build(run: manual)["CRONWATCH_OCCURRENCE"] == "")
  }

  @Test("takes the file's own variables over cron's")
  func own() {
    let built = build("HOME=/h\nPATH=/p\nSHELL=/bin/bash\nMAILTO=\nA=b\n@daily x")
    #expect(built["HOME"] == "/h" && built["PATH"] == "/p" && built["SHELL"] == "/bin/bash")
    #expect(built["MAILTO"] == "" && built["A"] == "b")
  }

  @Test("never lets LOGNAME, USER and cronwatch's own be set by a file or from outside")
  func fixed() {
    var job = crontab("@daily x").jobs[0]
    job.environment = variables([("LOGNAME", "x"), ("USER", "x"), ("CRONWATCH_RUN", "x")])
    let list = JobEnvironment.build(
      job, account: alice, inherited: variables([("USER", "y"), ("LOGNAME", "y"), ("SHELL", "/y"), ("HOME", "/y")]),
      run: run)
    let values = Dictionary(list.map { ($0.name, $0.value) }) { first, _ in first }
    #expect(values["LOGNAME"] == "alice" && values["USER"] == "alice" && values["CRONWATCH_RUN"] == "r1")
    #expect(values["SHELL"] == "/bin/sh" && values["HOME"] == "/home/alice")
  }

  @Test("takes PATH and others from outside only when told to, and the file's own win")
  func inherited() {
    let built = build("A=file\n@daily x", inherited: [("PATH", "/image/bin"), ("A", "outside"), ("B", "outside")])
    #expect(built["PATH"] == "/image/bin" && built["A"] == "file" && built["B"] == "outside")
  }

  @Test("works for a uid without an entry; its home may be inherited")
  func withoutEntry() {
    let account = AccountFacts.withoutEntry(uid: 12_345)
    let built = build(account: account)
    #expect(built["HOME"] == "/" && built["USER"] == "12345" && built["LOGNAME"] == "12345")
    #expect(build(account: account, inherited: [("HOME", "/app")])["HOME"] == "/app")
  }

  @Test("inherits nothing, the names given, or all but what belongs to the daemon")
  func selection() {
    let all = variables([
      ("A", "1"), ("B", "2"), ("NOTIFY_SOCKET", "/n"), ("CRONWATCH_STATE", "/s"), ("PWD", "/"), ("INVOCATION_ID", "x"),
    ])
    #expect(JobEnvironment.inherited(from: all, names: []).isEmpty)
    #expect(JobEnvironment.inherited(from: all, names: ["B", "C", "CRONWATCH_STATE"]).map(\.name) == ["B"])
    #expect(JobEnvironment.inherited(from: all, names: ["*"]).map(\.name) == ["A", "B"])
    #expect(JobEnvironment.inherited(from: all, names: ["*", "PWD"]).map(\.name) == ["A", "B", "PWD"])
  }
}
