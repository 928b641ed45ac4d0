import CronConfig
import CronTime
import Testing

@Suite("A job's name")
struct JobNameTests {
  private func names(_ text: String, file: String = "/c/tab", format: CrontabFormat = .user(owner: nil)) -> [String] {
    crontab(text, file: file, format: format).jobs.map(\.name)
  }

  @Test(
    "has the alphabet of the design",
    arguments: [
      ("a", true), ("A.b_c-9", true), ("9", true), (String(repeating: "a", count: 64), true),
      (String(repeating: "a", count: 65), false), ("", false), (".a", false), ("-a", false), ("a b", false),
      ("a/b", false), ("é", false), ("a\n", false), ("a%", false),
    ])
  func alphabet(_ name: String, _ valid: Bool) {
    #expect(JobName.isValid(name) == valid)
    #expect(JobName.isValidScoped("alice/" + name) == valid)
  }

  @Test(
    "that is derived is readable and carries a hash",
    arguments: [
      ("/usr/local/bin/backup --all", "backup-"), ("A=1 B=2 /x/y.sh", "y.sh-"), ("[ -x /y ] && y", "job-"),
      ("cd / && run", "cd-"), ("\"/my tools/x\"", "my-"), (String(repeating: "z", count: 200), "zzzzzzzz"),
    ])
  func derived(_ command: String, _ prefix: String) throws {
    let name = try #require(names("@daily \(command)").first)
    #expect(name.hasPrefix(prefix) && JobName.isValid(name))
    let hash = try #require(name.split(separator: "-").last)
    #expect(hash.utf8.count == 8 && hash.allSatisfy(\.isHexDigit))
  }

  @Test("that is derived doesn't change when lines move, schedules change, or other lines come and go")
  func stable() {
    let name = names("@daily x --a")[0]
    #expect(names("# hello\n\nA=1\n@hourly y\n0 5 * * * x --a")[1] == name)
    #expect(names("@daily x --a\r\n")[0] == name)
    #expect(names("# cronwatch: timeout=5m\n*/7 * * * *\tx --a")[0] == name)
    #expect(names("@daily x --b")[0] != name)
    #expect(names("@daily x --a", file: "/c/other")[0] != name)
    #expect(names("@daily x --a", format: .user(owner: "bob"))[0] != "bob/" + name)
    #expect(names("@daily bob x --a", format: .system)[0] != names("@daily eve x --a", format: .system)[0])
  }

  @Test("of the first of twins stays when a second one appears below, named or not, whatever its schedule")
  func twins() {
    let name = names("@daily x")[0]
    let two = names("@daily x\n@hourly x\n@daily x\n")
    #expect(two[0] == name && Set(two).count == 3)
    #expect(names("@daily x\n# cronwatch: name=b\n@hourly x\n@daily x\n") == [two[0], "b", two[2]])
    // A broken twin keeps its place, so that repairing it renames nobody.
    #expect(names("61 * * * * x\n@hourly x\n") == [two[1]])
  }

  @Test("that two jobs of a file claim belongs to the first; the second is refused")
  func duplicate() {
    let parsed = crontab("# cronwatch: name=a\n@daily x\n# cronwatch: name=a\n@daily y\n")
    #expect(parsed.jobs.map(\.command.line) == ["x"])
    #expect(parsed.diagnostics.map(brief) == ["4:1 duplicate-name"])
    #expect(parsed.diagnostics[0].message.contains("line 2"))
  }

  @Test("that looks like a derived one takes it from nobody")
  func explicitTwin() {
    let derived = names("@daily x")[0]
    let below = crontab("@daily x\n# cronwatch: name=\(derived)\n@daily y\n")
    #expect(below.diagnostics.map(\.code) == ["duplicate-name"] && below.jobs.map(\.name) == [derived])
    let above = crontab("# cronwatch: name=\(derived)\n@daily y\n@daily x\n")
    #expect(above.diagnostics.isEmpty && Set(above.jobs.map(\.name)).count == 2)
  }

  @Test("is scoped by an owner whose own name isn't acceptable, without two owners meeting")
  func oddOwners() {
    let first = JobName.scoped("a", owner: "DOM\\bob")
    #expect(JobName.isValidScoped(first))
    #expect(first != JobName.scoped("a", owner: "DOM/bob"))
    #expect(JobName.scoped("a", owner: "bob") == "bob/a" && JobName.scoped("a", owner: nil) == "a")
  }

  @Test("is unique in the table of all files")
  func acrossFiles() {
    var table = JobTable()
    for file in ["/c/1", "/c/2"] {
      table.jobs += crontab("# cronwatch: name=a\n@daily x\n@daily z\n", file: file).jobs
    }
    table.rejectDuplicateNames()
    #expect(table.jobs.count == 3 && table.rejectedLines == 1 && table.diagnosticCount == 1)
    #expect(table.diagnostics[0].text.contains("/c/1:2"))
    #expect(table.diagnostics[0].position.file == "/c/2")
  }
}
