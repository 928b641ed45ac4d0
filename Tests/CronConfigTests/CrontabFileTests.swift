import CronConfig
import CronTestRandom
import CronTestSupport
import Testing

@Suite("A whole crontab")
struct CrontabFileTests {
  @Test("with a NUL byte is refused, and says where")
  func nul() throws {
    let parsed = CrontabParser.parse(Array("@daily a\nb\0c\n@daily d".utf8), file: "f", format: .system)
    #expect(parsed.jobs.isEmpty)
    #expect(parsed.diagnostics.map(brief) == ["2:2 nul-byte"])
    #expect(parsed.refusal?.contains("NUL") == true)
  }

  @Test("in UTF-16 is refused with the cure")
  func wide() {
    let parsed = CrontabParser.parse([0xFF, 0xFE, 0x40, 0, 0x64, 0], file: "f", format: .system)
    #expect(parsed.diagnostics.first?.hint?.contains("UTF-8") == true)
  }

  @Test("larger than 64 MiB, or of more than 1,000,000 lines, is refused")
  func limits() {
    let large = [UInt8](repeating: 35, count: CrontabParser.largestFile + 1)
    #expect(CrontabParser.parse(large, file: "f", format: .system).diagnostics.map(\.code) == ["file-too-large"])
    let most = [UInt8](repeating: 10, count: CrontabParser.mostLines)
    #expect(CrontabParser.parse(most, file: "f", format: .system).refusal == nil)
    let parsed = CrontabParser.parse(most + [35], file: "f", format: .system)
    #expect(parsed.diagnostics.map(\.code) == ["too-many-lines"] && parsed.refusal != nil)
  }

  @Test("of 100,000 lines loads, every job under a name of its own")
  func many() {
    let text = (0..<50_000).map { "\($0 % 60) * * * * /usr/bin/job --number \($0)\n" }.joined()
    let twins = String(repeating: "*/5 * * * * /usr/bin/true\n", count: 50_000)
    let parsed = crontab(text + twins)
    #expect(parsed.jobs.count == 100_000)
    #expect(Set(parsed.jobs.map(\.name)).count == 100_000)
    #expect(parsed.diagnostics.isEmpty)
  }

  @Test("of errors only keeps the first 1,000 and counts all")
  func bounded() {
    let parsed = crontab(String(repeating: "61 * * * * x\n", count: 5000))
    #expect(parsed.diagnostics.count == 1000)
    #expect(parsed.findings.total == 5000 && parsed.findings.errors == 5000 && parsed.rejectedLines == 5000)
  }

  @Test("that is empty has no jobs and no findings", arguments: ["", "\n", "# x", "\r\n\r\n", "\u{FEFF}"])
  func empty(_ text: String) {
    #expect(crontab(text) == ParsedCrontab())
  }

  @Test("of random bytes never traps, whatever they are", arguments: 0..<60)
  func random(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let pieces = [
      "@every ", "@daily", "* * * * * ", "*/5 ", "1-5,7 ", "MON-FRI ", "# cronwatch: ", "name=", "zone=", "CRON_TZ=",
      "A='", "\"", "%", "\\%", "\n", "\n", "\r\n", "\t", "=", "root ", "é", "SHELL=", "-", "[job x]\n", "schedule = ",
      "command = ", "exec = ", "[jobs]\n", "timeout=9999999999999999999999h", "RANDOM_DELAY=", "\u{FEFF}",
    ]
    for _ in 0..<40 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<60, using: &generator) {
        if Int.random(in: 0..<4, using: &generator) == 0 {
          bytes.append(UInt8.random(in: 1...255, using: &generator))
        } else {
          bytes += Array(pieces[Int.random(in: 0..<pieces.count, using: &generator)].utf8)
        }
      }
      let user = CrontabParser.parse(bytes, file: "f", format: .user(owner: "a b"), checkZone: threeZones)
      let system = CrontabParser.parse(bytes, file: "f", format: .system, checkZone: threeZones)
      let parsed = ConfParser.parse(bytes, file: "f", checkZone: threeZones)
      for job in user.jobs + system.jobs + parsed.jobs { #expect(JobName.isValidScoped(job.name)) }
      let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).count
      for finding in user.diagnostics + system.diagnostics + parsed.diagnostics {
        #expect(finding.position.line <= lines)
      }
    }
  }
}
