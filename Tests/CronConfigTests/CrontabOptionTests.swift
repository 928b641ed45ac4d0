import CronConfig
import Testing

@Suite("The options in a comment above a job")
struct CrontabOptionTests {
  @Test("are name, timeout, overlap, zone, grace and catch-up")
  func all() throws {
    let options = "name=backup timeout=1h30m overlap=replace zone=Europe/Paris grace=5m catch-up=all(7)"
    let parsed = crontab("# cronwatch: \(options)\n0 3 * * * x")
    #expect(parsed.diagnostics.isEmpty)
    let job = try #require(parsed.jobs.first)
    #expect(job.name == "backup" && job.timeoutSeconds == 5400 && job.overlap == .replace)
    #expect(job.zone == "Europe/Paris" && job.graceSeconds == 300 && job.catchUp == .all(limit: 7))
  }

  @Test(
    "may be spaced as people do, and continue in the next line",
    arguments: ["#cronwatch:name=a", "  ## cronwatch :\tname=a  ", "# cronwatch: name=a\r"])
  func spacing(_ comment: String) {
    let parsed = crontab("\(comment)\n# cronwatch: timeout=1m\n@daily x")
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.jobs.map(\.name) == ["a"])
    #expect(parsed.jobs.map(\.timeoutSeconds) == [60])
  }

  @Test(
    "count for one job",
    arguments: ["# cronwatch runs this", "# see cronwatch.conf", "# cronwatch", "# cronwatch name it as you like"])
  func prose(_ comment: String) {
    let parsed = crontab("# cronwatch: timeout=1m\n@daily x\n@daily y\n\(comment)\n@daily z")
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.jobs.map(\.timeoutSeconds) == [60, nil, nil])
  }

  @Test(
    "with an error take their job with them: it must not run under other policies",
    arguments: [
      ("name=a/b", "1:19 invalid-option-value"), ("name=", "1:19 invalid-option-value"),
      ("timeout=30", "1:22 invalid-option-value"), ("timeout=0", "1:22 invalid-option-value"),
      ("overlap=skp", "1:22 invalid-option-value"), ("zone=Nowhere", "1:19 invalid-option-value"),
      ("catch-up=all(0)", "1:23 invalid-option-value"), ("grace=-5m", "1:20 invalid-option-value"),
      ("tiemout=5m", "1:14 unknown-option"), ("command=x", "1:14 unknown-option"),
      ("retries=3", "1:14 unavailable-option"), ("timeout", "1:14 invalid-option"),
      ("timeout = 5m", "1:14 invalid-option"), ("name=a name=b", "1:21 repeated-option"), ("", "1:14 missing-options"),
    ])
  func refused(_ options: String, _ finding: String) {
    let parsed = crontab("# cronwatch: \(options)\n@daily x\n@daily y")
    #expect(parsed.jobs.map(\.command.line) == ["y"])
    #expect(parsed.diagnostics.first.map(brief) == finding)
    #expect(parsed.diagnostics.last.map(brief) == "2:1 options-refused")
    #expect(parsed.rejectedLines == 2)
  }

  @Test("hint at the nearest key and value")
  func hints() {
    #expect(crontab("# cronwatch: tiemout=5m\n").diagnostics[0].hint == "did you mean \"timeout\"?")
    #expect(crontab("# cronwatch: overlap=skpi\n").diagnostics[0].hint == "did you mean \"skip\"?")
    #expect(crontab("# cronwatch: zone=Europe/Pari\n").diagnostics[0].hint == "did you mean \"Europe/Paris\"?")
    #expect(crontab("# cronwatch: timeout=30\n").diagnostics[0].hint?.contains("30m") == true)
  }

  @Test("without the colon are seen")
  func missingColon() {
    let parsed = crontab("# cronwatch name=a\n@daily x")
    #expect(parsed.diagnostics.map(brief) == ["1:13 option-comment-colon"])
  }

  @Test(
    "must stand directly above their job: a commented-out job leaves none for the next one",
    arguments: ["#@daily old\n", "\n", "A=1\n", "# about y\n"])
  func dangling(_ between: String) {
    let parsed = crontab("# cronwatch: name=old\n\(between)@daily y\n")
    #expect(parsed.diagnostics.map(brief) == ["1:1 options-without-job"])
    #expect(parsed.jobs.count == 1 && parsed.jobs[0].name != "old")
    #expect(parsed.rejectedLines == 1)
  }

  @Test("at the end of the file are seen")
  func last() {
    #expect(crontab("@daily y\n# cronwatch: name=old").diagnostics.map(brief) == ["2:1 options-without-job"])
  }
}
