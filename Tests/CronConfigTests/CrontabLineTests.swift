import CronConfig
import CronTime
import Testing

@Suite("A crontab's job lines")
struct CrontabLineTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var line: String
    var command: String
    var input: String?
    var schedule = "0 3 * * *"
    var testDescription: String { line.debugDescription }
  }

  @Test(
    "are split into schedule, command and input",
    arguments: [
      Row(line: "0 3 * * * backup", command: "backup"),
      Row(line: "  0\t3  *  *\t*\t  backup --all  now", command: "backup --all  now"),
      Row(line: "0 3 * * * backup\r", command: "backup"),
      Row(line: "0 3 * * * tar cf a b ; rm c", command: "tar cf a b ; rm c"),
      Row(line: "0 3 * * * echo # no comment", command: "echo # no comment"),
      Row(line: "0 3 * * * écho à côté", command: "écho à côté"),
      Row(line: "0 3 * * * date +\\%F", command: "date +%F"),
      Row(line: "0 3 * * * printf \\%s\\%s", command: "printf %s%s"),
      Row(line: "0 3 * * * a\\b", command: "a\\b"),
      Row(line: "0 3 * * * a\\\\%b", command: "a\\%b"),
      Row(line: "0 3 * * * mail bob%hello%world", command: "mail bob", input: "hello\nworld\n"),
      Row(line: "0 3 * * * cat%a\\%b%%c", command: "cat", input: "a%b\n\nc\n"),
      Row(line: "0 3 * * * cat%ends%", command: "cat", input: "ends\n"),
      Row(line: "0 3 * * * cat%", command: "cat", input: nil),
      Row(line: "@daily backup", command: "backup", schedule: "0 0 * * *"),
      Row(line: "@midnight\tbackup", command: "backup", schedule: "0 0 * * *"),
      Row(line: "@hourly backup", command: "backup", schedule: "0 * * * *"),
      Row(line: "@weekly backup", command: "backup", schedule: "0 0 * * 0"),
      Row(line: "@monthly backup", command: "backup", schedule: "0 0 1 * *"),
      Row(line: "@yearly backup", command: "backup", schedule: "0 0 1 1 *"),
      Row(line: "@annually backup", command: "backup", schedule: "0 0 1 1 *"),
      Row(line: "@reboot backup", command: "backup", schedule: "@reboot"),
      Row(line: "@every 90s backup", command: "backup", schedule: "@every 90s"),
      Row(line: "0 22-2 * * FRI-mon backup", command: "backup", schedule: "0 22-2 * * FRI-mon"),
      Row(line: "*/15 2,4 1-7 January sunday x", command: "x", schedule: "*/15 2,4 1-7 January sunday"),
    ])
  func split(_ row: Row) throws {
    let parsed = crontab(row.line)
    #expect(parsed.diagnostics.map(brief) == [])
    let job = try #require(parsed.jobs.first)
    let expected = try Schedule.parse(row.schedule, dialect: .any, seed: "")
    #expect(job.command == .shellLine(row.command))
    #expect(job.standardInput == row.input)
    #expect(job.schedules == [expected])
    #expect(job.user == nil)
    #expect(job.sourceKind == .crontab)
    #expect(parsed.jobs.count == 1 && parsed.rejectedLines == 0 && parsed.refusal == nil)
  }

  @Test("of a system crontab have a user")
  func systemFormat() throws {
    let parsed = crontab("17 *\t* * *\troot\tcd / && run-parts /etc/cron.hourly\n@daily www-data x", format: .system)
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.jobs.map(\.user) == ["root", "www-data"])
    #expect(parsed.jobs.map(\.command.line) == ["cd / && run-parts /etc/cron.hourly", "x"])
    #expect(parsed.jobs.allSatisfy { $0.sourceKind == .systemCrontab && !$0.name.contains("/") })
  }

  @Test("of a user's spool crontab run as that user, in the scope of the user's name")
  func spoolFormat() throws {
    let text = "# cronwatch: name=backup\n0 3 * * * a\n0 3 * * * b"
    let parsed = crontab(text, format: .user(owner: "alice"))
    #expect(parsed.jobs.map(\.user) == ["alice", "alice"])
    #expect(parsed.jobs[0].name == "alice/backup")
    #expect(parsed.jobs[1].name.hasPrefix("alice/b-"))
    #expect(parsed.jobs.allSatisfy { $0.sourceKind == .spool && JobName.isValidScoped($0.name) })
  }

  @Test(
    "count whatever the file's line ends and its last line",
    arguments: [
      "@daily a\n@daily b\n", "@daily a\n@daily b", "@daily a\r\n@daily b\r\n", "@daily a\r\n@daily b",
      "\u{FEFF}@daily a\n\n# x\n  # y\n\t\n@daily b\n",
    ])
  func lineEnds(_ text: String) {
    let parsed = crontab(text)
    #expect(parsed.jobs.map(\.command.line) == ["a", "b"])
    #expect(parsed.diagnostics.isEmpty)
  }

  @Test("with an error are skipped, and every other line runs")
  func skipped() {
    let parsed = crontab("@daily a\n61 * * * * b\n@daily c\nnonsense\n@daily d\n")
    #expect(parsed.jobs.map(\.command.line) == ["a", "c", "d"])
    #expect(parsed.diagnostics.map { "\($0.position.line)" } == ["2", "4"])
    #expect(parsed.rejectedLines == 2)
    #expect(parsed.jobs.map(\.position.line) == [1, 3, 5])
  }

  @Test("get the defaults of the configuration")
  func defaults() {
    let settings = JobDefaults(
      shell: "/bin/dash", overlap: .queue, catchUp: .all(limit: 3), graceSeconds: 9, timeoutSeconds: 8)
    let job = crontab("@daily a", settings: settings).jobs[0]
    #expect(job.shell == "/bin/dash" && job.overlap == .queue && job.catchUp == .all(limit: 3))
    #expect(job.graceSeconds == 9 && job.timeoutSeconds == 8)
  }

  @Test("that never fire load with a warning")
  func dead() {
    let parsed = crontab("0 0 31 2 * x")
    #expect(parsed.jobs.count == 1 && parsed.rejectedLines == 0)
    #expect(parsed.diagnostics.map(\.level) == [.warning])
    #expect(parsed.diagnostics[0].text.hasPrefix("/c/tab:1:1: warning: "))
  }

  @Test("choose a~b by the job's name, so twins may differ and each stays as it is")
  func chosen() {
    let text = (0..<20).map { "# cronwatch: name=job\($0)\n0~59 3 * * * x\n" }.joined()
    let first = crontab(text).jobs.map(\.schedules)
    #expect(Set(first).count > 1)
    #expect(crontab(text).jobs.map(\.schedules) == first)
  }
}
