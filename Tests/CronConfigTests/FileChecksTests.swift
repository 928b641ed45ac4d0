import CronTime
import Testing

@testable import CronConfig

/// What the tz database says of New York from 2007 on, as the footer of a file without changes (RFC 9636).
private let newYork: Zone? = {
  func header(_ counts: [UInt8]) -> [UInt8] {
    Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts.flatMap { [0, 0, 0, $0] }
  }
  // One type, UTC−5, with the designation EST.
  let block = [0xFF, 0xFF, 0xB9, 0xB0, 0, 0] + Array("EST\0".utf8)
  let counts: [UInt8] = [0, 0, 0, 0, 1, 4]
  let bytes = header(counts) + block + header(counts) + block + Array("\nEST5EDT,M3.2.0,M11.1.0\n".utf8)
  return try? Zone(name: "America/New_York", tzif: bytes)
}()

/// A machine with three programs, two users and no mail.
private func machine(sendmail: Bool = false) -> MachineLookups {
  MachineLookups(
    program: { path in
      switch path {
      case "/bin/sh", "/bin/bash", "/usr/bin/backup", "/opt/bin/poll", "/home/bo/job": .executable
      case "/opt/bin/notes.txt", "/bin/notes.txt": .notExecutable
      case "/secret/x": .unknown
      default: .missing
      }
    }, userExists: { $0 == "unsure" ? nil : ["root", "bo"].contains($0) }, hasSendmail: { sendmail },
    zone: { $0 == nil ? .utc : newYork }, now: Instant(seconds: 1_767_225_600))
}

private func found(_ parsed: ParsedCrontab, sendmail: Bool = false) -> [String] {
  var files = [CheckedFile(parsed)]
  FileChecks.run(&files, machine(sendmail: sendmail))
  return files[0].sortedFindings.map(brief)
}

@Suite("check")
struct FileChecksTests {
  @Test(
    "looks for a job's program where the job will",
    arguments: [
      ("/usr/bin/backup --all", []), ("backup >/dev/null 2>&1", []), ("poll", ["1:1 command-not-found"]),
      ("/usr/bin/gone", ["1:1 command-not-found"]), ("gone | mail x", ["1:1 command-not-found"]),
      ("/opt/bin/notes.txt", ["1:1 command-not-executable"]), ("notes.txt", ["1:1 command-not-executable"]),
      ("/secret/x", []), ("./job", []), ("test -x /gone && /gone", []), ("A=1 gone", []), ("$GONE", []),
      ("'gone'", []), ("gone;x", []), ("gone () { x; }", []), ("cd /x && gone", []), ("{a,b}", []), ("#gone", []),
    ])
  func program(_ command: String, _ expected: [String]) {
    #expect(found(crontab("0 3 * * * \(command)\n")) == expected)
  }

  @Test(
    "follows the job's own PATH, HOME and SHELL",
    arguments: [
      ("PATH=/opt/bin", "poll", []), ("PATH=/opt/bin", "backup", ["2:1 command-not-found"]), ("PATH=bin:.", "gone", []),
      ("HOME=/home/bo", "./job", []), ("HOME=/home/bo", "./gone", ["2:1 command-not-found"]),
      ("SHELL=/bin/bash", "gone", ["2:1 command-not-found"]), ("SHELL=/bin/fish", "gone", ["2:1 shell-not-found"]),
      ("SHELL=/secret/x", "gone", []),
    ])
  func variables(_ variable: String, _ command: String, _ expected: [String]) {
    #expect(found(crontab("\(variable)\n0 3 * * * \(command)\n")) == expected)
  }

  @Test("says how a system crontab is checked when a user stands where the program should")
  func userForProgram() throws {
    var files = [CheckedFile(crontab("0 3 * * * root backup\n"))]
    FileChecks.run(&files, machine())
    let finding = try #require(files[0].sortedFindings.first)
    #expect(finding.code == "command-not-found")
    #expect(finding.hint?.contains("--system") == true)
  }

  @Test("says what gaps and the past do to schedules, in the zone of each job")
  func zones() {
    let text = "30 2 * * * backup\nCRON_TZ=America/New_York\n30 2 * * * backup\n30 4 * * * backup\n"
    #expect(found(crontab(text)) == ["3:1 time-in-gap"])
    var files = [
      CheckedFile(
        ConfParser.parse(
          Array(
            """
            [jobs]
            zone = America/New_York
            [job a]
            command = backup
            schedule = 30 2 * * *
            schedule = 2020-01-01T09:00:00Z
            """.utf8), file: "x.conf"))
    ]
    FileChecks.run(&files, machine())
    #expect(files[0].sortedFindings.map(brief) == ["5:12 time-in-gap", "6:12 ended"])
    #expect(files[0].sortedFindings.map(\.level) == [.note, .warning])
  }

  @Test("knows which users exist, and says nothing when it can't be told")
  func users() {
    let text = "0 3 * * * root backup\n0 4 * * * ghost backup\n0 5 * * * unsure backup\n"
    #expect(found(crontab(text, format: .system)) == ["2:1 unknown-user"])
  }

  @Test(
    "warns once of a percent sign that cuts a command",
    arguments: [
      ("backup +%F", ["1:19 percent-ends-command"]), ("backup +\"%F\"", ["1:1 percent-ends-command"]),
      ("backup 'a%b'", ["1:1 percent-ends-command"]), ("backup +\"\\%F\"", []), ("backup%hello", []),
      ("backup 'a' # don't%x", []), ("backup it\\'s%x", []),
    ])
  func percent(_ command: String, _ expected: [String]) {
    #expect(found(crontab("0 3 * * * \(command)\n")) == expected)
  }

  @Test("says that no mail comes where mail is asked for, and misses sendmail there")
  func mail() {
    #expect(found(crontab("0 3 * * * backup\n MAILTO = bo\nMAILTO=al\n")) == ["2:2 no-sendmail"])
    #expect(found(crontab("MAILTO=bo\n"), sendmail: true) == ["1:1 no-mail"])
    #expect(found(crontab("MAILTO=\n0 3 * * * backup\n")) == [])
    #expect(found(crontab("MAILTO=\"\"\nMAILTO=\n")) == [])
  }

  @Test("gives the schedule's advice at its place, as a warning or a note")
  func advice() {
    let parsed = conf(
      """
      [job a]
      schedule = 0 3 * * *
      schedule = */7 * * * *
      schedule = 0 0 31 * *
      exec = backup
      """)
    var files = [CheckedFile(parsed)]
    FileChecks.run(&files, machine())
    #expect(files[0].sortedFindings.map(brief) == ["3:12 uneven-step", "4:12 short-months"])
    #expect(files[0].sortedFindings.map(\.level) == [.warning, .note])
    #expect(files[0].findings.warnings == 1 && files[0].findings.errors == 0)
  }

  @Test("leaves the PATH alone that a configuration hands to its jobs")
  func inheritedPath() {
    let job = "[job a]\nschedule = @daily\ncommand = gone\n"
    var files = [CheckedFile(conf(job)), CheckedFile(conf("[jobs]\ninherit-environment = *\n" + job))]
    FileChecks.run(&files, machine())
    #expect(files[0].sortedFindings.map(brief) == ["1:1 command-not-found"])
    #expect(files[1].sortedFindings.map(brief) == ["3:1 duplicate-name"])
  }

  @Test("finds ten jobs in one minute of the same hours and days, also across files")
  func piles() {
    let nine = (1...9).map { "*/30 3 * * * backup \($0)\n" }.joined()
    #expect(found(crontab(nine)) == [])
    var files = [CheckedFile(crontab(nine)), CheckedFile(crontab("30 3 * * * backup\n", file: "/c/other"))]
    FileChecks.run(&files, machine())
    #expect(files.map { $0.sortedFindings.map(brief) } == [["1:1 crowded-minute"], []])
    #expect(
      files[0].sortedFindings.first?.message.hasSuffix("10 jobs start together, this one among them: at 03:30") == true)
    for other in ["30 3 * * 1", "30 4 * * *", "31 3 * * *", "* 3 * * *", "@every 1m"] {
      #expect(!found(crontab(nine + "\(other) backup\n")).contains { $0.hasSuffix("crowded-minute") }, "\(other)")
    }
    #expect(found(crontab("RANDOM_DELAY=5\n" + nine + "30 3 * * * backup\n")) == [])
  }

  @Test("takes no file for a twin of itself, but refuses a name in two files")
  func duplicates() {
    let text = "# cronwatch: name=a\n@daily backup\n"
    var same = [CheckedFile(crontab(text)), CheckedFile(crontab(text))]
    FileChecks.run(&same, machine())
    #expect(same.allSatisfy { $0.findings.total == 0 })
    var two = [CheckedFile(crontab(text)), CheckedFile(crontab(text, file: "/c/two"))]
    FileChecks.run(&two, machine())
    #expect(two.map(\.findings.errors) == [0, 1])
  }

  @Test("adds nothing to what a parser reports, so that no daemon is degraded by advice")
  func parsersStay() {
    let parsed = crontab("MAILTO=bo\n*/7 * * * * /gone\n0 0 13 * 5 'x%y'\n")
    #expect(parsed.diagnostics == [] && parsed.jobs.count == 2)
  }
}
