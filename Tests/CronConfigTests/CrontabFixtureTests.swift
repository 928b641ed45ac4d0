import CronConfig
import CronTime
import Testing

@Suite("Crontabs in the repository")
struct CrontabFixtureTests {
  static let system = RepositoryFile.list("Tests/Fixtures/crontabs/cron.d")

  @Test("fixtures in the manner of Debian's cron.d load without findings", arguments: system)
  func debian(_ name: String) throws {
    let path = "Tests/Fixtures/crontabs/cron.d/" + name
    let bytes = try #require(RepositoryFile.read(path))
    let parsed = CrontabParser.parse(bytes, file: path, format: .system)
    #expect(parsed.diagnostics.map(\.text) == [])
    let expected = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .count { $0.first.map { !"#".contains($0) } == true && !$0.split(separator: " ")[0].contains("=") }
    #expect(parsed.jobs.count == expected && expected > 0)
    #expect(SourceRules.isCronDirectoryName(name))
  }

  @Test("there are a dozen of them")
  func enough() { #expect(Self.system.count >= 12) }

  @Test("config/example.crontab loads without findings, and shows something within seconds")
  func example() throws {
    let bytes = try #require(RepositoryFile.read("config/example.crontab"))
    let parsed = CrontabParser.parse(bytes, file: "example.crontab", format: .user(owner: nil), checkZone: threeZones)
    #expect(parsed.diagnostics.map(\.text) == [])
    #expect(parsed.jobs.count >= 4)
    let soon = parsed.jobs.flatMap(\.schedules).contains {
      if case .interval(seconds: let seconds) = $0.form { return seconds <= 5 }
      return false
    }
    #expect(soon)
  }
}
