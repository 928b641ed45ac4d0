import CronConfig
import CronTestSupport
import Testing

@Suite("The settings table")
struct SettingsTableTests {
  @Test("makes config/cronwatch.conf (write it anew with CRONWATCH_UPDATE=1)")
  func template() throws {
    RepositoryFile.update("config/cronwatch.conf", SettingsText.template)
    let stored = try #require(RepositoryFile.read("config/cronwatch.conf"))
    #expect(String(decoding: stored, as: UTF8.self) == SettingsText.template)
  }

  @Test("makes the tables of docs/configuration.md (write them anew with CRONWATCH_UPDATE=1)")
  func documentation() throws {
    let bytes = try #require(RepositoryFile.read("docs/configuration.md"))
    let text = String(decoding: bytes, as: UTF8.self)
    let begin = "<!-- settings -->\n"
    let end = "<!-- /settings -->\n"
    let start = try #require(text.firstRange(of: begin))
    let stop = try #require(text.firstRange(of: end))
    let made = text[..<start.upperBound] + SettingsText.documentation + text[stop.lowerBound...]
    RepositoryFile.update("docs/configuration.md", String(made))
    #expect(text == made)
  }

  @Test("has a template that changes nothing, and nothing either with all its comment signs removed")
  func templateIsDefault() {
    #expect(conf(SettingsText.template) == ParsedConf())
    let active = SettingsText.template.split(separator: "\n").map { line in
      let second = line.dropFirst().first
      return line.hasPrefix("#") && second != " " ? String(line.dropFirst()) : String(line)
    }
    let parsed = conf(active.joined(separator: "\n"))
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.settings == DaemonSettings())
    #expect(parsed.jobs.map(\.name) == ["backup"])
  }

  @Test("names each key once, in a known section, with a summary that fits a line", arguments: SettingsTable.all)
  func entries(_ setting: Setting) {
    #expect(SettingsTable.all.count { $0.name == setting.name } == 1)
    #expect(SettingsTable.sections.contains(setting.section))
    #expect(setting.summary.hasSuffix(".") && setting.summary.count < 116)
    #expect(SettingsTable.setting(section: setting.section, key: setting.key)?.name == setting.name)
  }

  @Test("has the defaults of the design")
  func defaults() {
    let settings = DaemonSettings()
    #expect(settings.tickerIntervalMilliseconds == 5000)
    #expect(settings.effectiveSuccessThresholdMilliseconds == 35_000)
    #expect(settings.restartDelayMaxMilliseconds == 60_000)
    #expect(settings.workersIdle == 2 && settings.workersMax == 128 && settings.workersQueue == 100_000)
    #expect(settings.jobDefaults == JobDefaults())
    #expect(settings.jobDefaults.overlap == .skip && settings.jobDefaults.catchUp == .once)
    #expect(settings.killGraceMilliseconds == 10_000 && settings.drainMilliseconds == 4000)
    #expect(settings.outputLimit == 10 << 20 && settings.outputKeep == 50 && settings.logMaxSize == 10 << 20)
    #expect(settings.ledgerKeepSeconds == 90 * 86_400 && !settings.systemCrontabs)
  }

  @Test("names no provider by default", .acceptance(10))
  func noProvider() {
    #expect(DaemonSettings().triggerProvider == "")
    #expect(SettingsText.template.contains("\n#provider =\n"))
  }
}
