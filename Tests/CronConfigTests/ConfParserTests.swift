import CronConfig
import CronTime
import Testing

@Suite("A .conf file")
struct ConfParserTests {
  @Test("sets what it names and leaves the rest")
  func settings() {
    let parsed = conf(
      """
      # comment
      ; comment
      [crontabs]
      files = /a b.cron
      files = /c.cron
      system = yes
      [ ticker ]
      interval=1s500ms
      [watcher]
      restart-delay-max = 2m
      [workers]
      max = 4
      [ledger]
      keep = 30d
      segment-size = 1M
      [jobs]
      zone = Europe/Paris
      inherit-environment = PATH  LANG
      inherit-environment = HTTP_PROXY
      catch-up = all(5)
      grace = 10m
      timeout = none
      [log]
      format = json
      [trigger]
      provider =
      """)
    #expect(parsed.diagnostics.isEmpty && parsed.isAccepted)
    var expected = DaemonSettings()
    expected.crontabFiles = ["/a b.cron", "/c.cron"]
    expected.systemCrontabs = true
    expected.tickerIntervalMilliseconds = 1500
    expected.restartDelayMaxMilliseconds = 120_000
    expected.workersMax = 4
    expected.ledgerKeepSeconds = 30 * 86_400
    expected.ledgerSegmentSize = 1 << 20
    expected.defaultZone = "Europe/Paris"
    expected.inheritEnvironment = ["PATH", "LANG", "HTTP_PROXY"]
    expected.jobDefaults.catchUp = .all(limit: 5)
    expected.jobDefaults.graceSeconds = 600
    expected.logFormat = "json"
    #expect(parsed.settings == expected)
  }

  @Test("that is empty is the defaults, with the built-in trigger", arguments: ["", "\n", "# x\n", "\u{FEFF}\r\n"])
  func empty(_ text: String) {
    #expect(conf(text) == ParsedConf())
    #expect(conf(text).settings.triggerProvider == "")
  }

  @Test("has jobs")
  func jobs() throws {
    let parsed = conf(
      """
      [job backup]
      schedule = 0 3 * * *
      schedule = @every 90s
      zone = Europe/Paris
      command = tar cf /b.tar / > /dev/null 2>&1 # all
      user = alice
      timeout = 2h
      overlap = queue
      grace = 5m
      catch-up = skip
      on-interrupt = rerun
      durable = required

      [job words]
      schedule = @daily
      exec = /bin/echo "two words" 'it''s' back\\ slash "" end
      [jobs]
      overlap = allow
      timeout = 1m
      """)
    #expect(parsed.diagnostics.isEmpty)
    let backup = try #require(parsed.jobs.first)
    #expect(backup.name == "backup" && backup.zone == "Europe/Paris" && backup.user == "alice")
    #expect(backup.schedules.map(\.description).count == 2)
    #expect(backup.command == .shellLine("tar cf /b.tar / > /dev/null 2>&1 # all"))
    #expect(backup.timeoutSeconds == 7200 && backup.overlap == .queue && backup.graceSeconds == 300)
    #expect(backup.catchUp == .skip && backup.sourceKind == .conf && backup.position.line == 1)
    #expect(backup.onInterrupt == .rerun && backup.durability == .required)
    let words = try #require(parsed.jobs.last)
    #expect(words.onInterrupt == .record && words.durability == .preferred)
    #expect(words.command == .words(["/bin/echo", "two words", "its", "back slash", "", "end"]))
    #expect(words.overlap == .allow && words.timeoutSeconds == 60)
  }

  @Test(
    "is refused with place, reason and the nearest name",
    arguments: [
      ("x = 1", "1:1 key-outside-section", ""), ("[ticker]\ninterval 5s", "2:1 missing-equals", ""),
      ("[tickr]\nx = 1", "1:1 unknown-section", "ticker"), ("[http]\nlisten = x", "1:1 unavailable-section", ""),
      ("[group x]", "1:1 unavailable-section", ""), ("[ticker", "1:1 malformed-section", ""),
      ("[]", "1:1 malformed-section", ""), ("[ticker x]", "1:1 unknown-section", ""),
      ("[ticker]\n  intervall = 5s", "2:3 unknown-key", "interval"),
      ("[ticker]\nidle = 5", "2:1 unknown-key", "[workers]"), ("[ticker]\ninterval = 5", "2:12 invalid-value", ""),
      ("[ticker]\ninterval = 2m", "2:12 invalid-value", ""), ("[ticker]\ninterval =", "2:11 invalid-value", ""),
      ("[ticker]\ninterval = 1s\ninterval = 2s", "3:1 repeated-key", ""),
      ("[workers]\nmax = 0", "2:7 invalid-value", ""),
      ("[workers]\nmax = 9999999999999999999", "2:7 invalid-value", ""),
      ("[crontabs]\nsystem = maybe", "2:10 invalid-value", ""), ("[log]\nlevel = inof", "2:9 invalid-value", "info"),
      ("[jobs]\nzone = Europe/Pariss", "2:8 invalid-value", "Europe/Paris"),
      ("[jobs]\nshell = bash", "2:9 invalid-value", ""), ("[jobs]\noverlap = quue", "2:11 invalid-value", "queue"),
      ("[jobs]\noutput-limit = 10X", "2:16 invalid-value", ""),
      // Reading a longer one back at a start takes up to five times as long as cksum of a million records.
      ("[ledger]\nsegment-size = 5M", "2:16 invalid-value", ""),
      ("[job]\n", "1:1 invalid-name", ""), ("[job a/b]\n", "1:1 invalid-name", ""),
      ("[job a]\nschedule = @daily", "1:1 missing-key", ""), ("[job a]\ncommand = x", "1:1 missing-key", ""),
      ("[job a]\nschedule = 61 * * * *\ncommand = x", "2:12 value-out-of-range", ""),
      ("[job a]\nschedule = @daily\ncommand = x\nexec = y", "4:8 invalid-value", ""),
      ("[job a]\nschedule = @daily\nexec = \"x", "3:8 invalid-value", ""),
      ("[job a]\nschedule = @daily\ncommand = x\nretries = 3", "4:1 unavailable-key", ""),
      ("[job a]\nschedule = @daily\ncommand = x\non-interrupt = rernu", "4:16 invalid-value", "rerun"),
      ("[job a]\nschedule = @daily\ncommand = x\ndurable = yes", "4:11 invalid-value", ""),
      ("[job a]\nschedule = @daily\ncommand = x\ntimout = 3s", "4:1 unknown-key", "timeout"),
      ("[job a]\nschedule = @daily\ncommand =", "3:10 missing-value", ""),
      ("[job a]\nschedule = @daily\ncommand = x\n[job a]\nschedule = @daily\ncommand = y", "4:1 duplicate-name", ""),
      ("[jobs]\n\0", "2:1 nul-byte", ""),
    ])
  func refused(_ text: String, _ finding: String, _ hint: String) throws {
    let parsed = conf(text)
    #expect(!parsed.isAccepted)
    #expect(parsed.diagnostics.map(brief) == [finding])
    if !hint.isEmpty { #expect(parsed.diagnostics.first?.hint?.contains(hint) == true) }
  }

  @Test("reports all errors at once")
  func several() {
    let parsed = conf("[ticker]\nx = 1\ny = 2\n[nope]\nz = 3\n[job a]\nfoo = 1\nbar = 2\n")
    #expect(parsed.diagnostics.map { $0.position.line } == [2, 3, 4, 7, 8])
  }

  @Test("loads a job that never fires with a warning")
  func dead() {
    let parsed = conf("[job a]\nschedule = 0 0 30 2 *\ncommand = x")
    #expect(parsed.isAccepted && parsed.jobs.count == 1)
    #expect(parsed.diagnostics.map { "\($0.level) \($0.position.line):\($0.position.column)" } == ["warning 2:12"])
  }
}
