import CronConfig
import Testing

@Suite("A crontab's variables")
struct CrontabVariableTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var line: String
    var name: String
    var value: String
    var testDescription: String { line.debugDescription }
    init(_ line: String, _ name: String, _ value: String) {
      self.line = line
      self.name = name
      self.value = value
    }
  }

  @Test(
    "are read with cron's quoting",
    arguments: [
      Row("MAILTO=root", "MAILTO", "root"), Row("MAILTO = root", "MAILTO", "root"),
      Row("  MAILTO\t=\troot  ", "MAILTO", "root"), Row("MAILTO=", "MAILTO", ""), Row("FOO =  ", "FOO", ""),
      Row("MAILTO=\"\"", "MAILTO", ""), Row("MAILTO=''", "MAILTO", ""), Row("A=\" x \"", "A", " x "),
      Row("A=' x '  ", "A", " x "), Row("A=it's", "A", "it's"), Row("A=a \"b\" c", "A", "a \"b\" c"),
      Row("A='a \"b\"'", "A", "a \"b\""), Row("A=b=c", "A", "b=c"), Row("\"A B\"=c", "A B", "c"),
      Row("'A' = c", "A", "c"), Row("A=$HOME/x", "A", "$HOME/x"), Row("A=100%", "A", "100%"),
      Row("A=x # y", "A", "x # y"), Row("A=é", "A", "é"), Row("A=x\r", "A", "x"), Row("a.b=1", "a.b", "1"),
      Row("TZ=Nowhere", "TZ", "Nowhere"), Row("PATH=/opt/bin:/bin", "PATH", "/opt/bin:/bin"),
    ])
  func quoting(_ row: Row) {
    let parsed = crontab(row.line + "\n@daily x")
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.jobs.first?.environment == [EnvironmentVariable(name: row.name, value: row.value)])
    #expect(parsed.jobs.first?.zone == nil)
  }

  @Test("count for the lines below them, and a later one replaces an earlier one in its place")
  func positional() {
    let parsed = crontab("@daily a\nA=1\nB=2\n@daily b\nA=3\nRANDOM_DELAY=7\nCRON_TZ=UTC\n@daily c\n")
    #expect(
      parsed.jobs.map { $0.environment.map { $0.name + "=" + $0.value } } == [
        [], ["A=1", "B=2"], ["A=3", "B=2", "RANDOM_DELAY=7", "CRON_TZ=UTC"],
      ])
    #expect(parsed.jobs.map(\.randomDelayMinutes) == [0, 0, 7])
    #expect(parsed.jobs.map(\.zone) == [nil, nil, "UTC"])
  }

  @Test(
    "that belong to cron or to cronwatch are ignored with a warning",
    arguments: ["LOGNAME=bob", "USER=bob", "CRONWATCH_JOB=x"])
  func fixed(_ line: String) {
    let parsed = crontab(line + "\n@daily x")
    #expect(parsed.diagnostics.map(\.code) == ["fixed-variable"])
    #expect(parsed.diagnostics.map(\.level) == [.warning])
    #expect(parsed.jobs.first?.environment == [])
    #expect(parsed.rejectedLines == 0)
  }

  @Test("TZ is environment only: it moves no schedule")
  func zoneVariable() {
    let job = crontab("TZ=America/New_York\n@daily x").jobs.first
    #expect(job?.zone == nil)
    #expect(job?.environment == [EnvironmentVariable(name: "TZ", value: "America/New_York")])
  }

  @Test("SHELL is the job's shell, and in its environment")
  func shell() {
    let job = crontab("SHELL=/bin/bash\n@daily x").jobs.first
    #expect(job?.shell == "/bin/bash")
    #expect(job?.environment == [EnvironmentVariable(name: "SHELL", value: "/bin/bash")])
  }
}
