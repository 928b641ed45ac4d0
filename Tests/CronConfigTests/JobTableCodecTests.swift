import CronConfig
import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@Suite("The job table's file")
struct JobTableCodecTests {
  private func fullTable() -> JobTable {
    let text = """
      PATH=/opt/bin:/bin
      MAILTO="a = b%"
      # cronwatch: name=one timeout=1h grace=3m overlap=queue catch-up=all(7) zone=UTC
      0 3 * * * cat /x%in\\%put%two
      RANDOM_DELAY=5
      @every 90s écho "é" = %
      SHELL=/bin/bash
      @reboot r
      0~59 22-2 */2 1,3 FRI-MON t
      61 * * * * bad
      0 0 31 2 * dead
      """
    let user = crontab(text, file: "/home/a b/tab=1")
    let spool = crontab("@daily x", file: "/spool/alice", format: .user(owner: "alice"))
    let parsed = conf(
      "[job w]\nschedule = @daily\nschedule = 0 4 * * 5\nexec = /bin/x \"\" \"a b\"\n"
        + "schedule = calendar: Fri *-*-13 09:00\nschedule = every weekday at 9:30pm\n"
        + "on-interrupt = rerun\ndurable = required\n[jobs]\nzone = UTC"
    )
    var settings = parsed.settings
    settings.crontabFiles = ["/a", "/b c"]
    settings.inheritEnvironment = ["*"]
    settings.successThresholdMilliseconds = 12_345
    let fingerprint = SourceFingerprint(
      size: 12, modifiedNanoseconds: 1_700_000_000_123_456_789, inode: .max, checksum: 0x0A0B_0C0D)
    return JobTable(
      settings: settings, jobs: user.jobs + spool.jobs + parsed.jobs,
      sources: [
        SourceState(path: "/a b", kind: .crontab, fingerprint: fingerprint, status: .loaded),
        SourceState(path: "/c", kind: .spool, fingerprint: fingerprint, status: .lastGood(reason: "EIO: 100% bad")),
        SourceState(path: "/d", kind: .systemCrontab, fingerprint: nil, status: .refused(reason: "")),
        SourceState(path: "/e", kind: .conf, fingerprint: nil, status: .absent),
      ],
      diagnostics: user.diagnostics, diagnosticCount: 4000, rejectedLines: 17)
  }

  @Test("gives back what was written, and is written the same again")
  func fixpoint() throws {
    let table = fullTable()
    #expect(table.jobs.count == 7 && table.diagnostics.count == 2)
    let bytes = JobTableCodec.encode(table)
    let decoded = try JobTableCodec.decode(bytes)
    #expect(decoded == table)
    #expect(JobTableCodec.encode(decoded) == bytes)
    #expect(try JobTableCodec.decode(JobTableCodec.encode(JobTable())) == JobTable())
  }

  @Test("refuses every cut and every changed byte")
  func damage() throws {
    let bytes = JobTableCodec.encode(fullTable())
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: JobTableError.self) { try JobTableCodec.decode(Array(bytes[..<length])) }
    }
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<500 {
      var damaged = bytes
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      damaged[index] ^= UInt8.random(in: 1...255, using: &generator)
      #expect(throws: JobTableError.self) { try JobTableCodec.decode(damaged) }
    }
  }

  @Test(
    "refuses lines that it doesn't know, under a right checksum, with the line's number",
    arguments: [
      "cronwatch-table 2\n", "cronwatch-table 1\nfoo a=b\n", "cronwatch-table 1\nset no.such=1\n",
      "cronwatch-table 1\nset ticker.interval=9h\n", "cronwatch-table 1\njob name=a\n",
      "cronwatch-table 1\njob name=a%2Fb%2Fc kind=conf schedule=@daily command=x\n",
      "cronwatch-table 1\njob name=a kind=conf schedule=@daily command=x word=y\n",
      "cronwatch-table 1\njob name=a kind=conf schedule=61%20*%20*%20*%20* command=x\n",
      "cronwatch-table 1\njob name=a kind=conf schedule=@daily command=x env=0\n",
      "cronwatch-table 1\njob name=a kind=conf schedule=@daily command=x timeout_s=99999999999999999999\n",
      "cronwatch-table 1\njob name=a kind\n", "cronwatch-table 1\nsource path=/a kind=conf status=odd\n",
      "cronwatch-table 1\ncounts rejected=x\n", "cronwatch-table 1\n", "",
    ])
  func unknown(_ text: String) {
    let bytes = Array(text.utf8)
    let line = Array("crc32c=\(Checksum.hexadecimal(Checksum.crc32c(bytes)))\n".utf8)
    #expect(throws: JobTableError.self) { try JobTableCodec.decode(bytes + line) }
  }

  @Test("shares one environment between the jobs that have the same")
  func environments() throws {
    let table = JobTable(jobs: crontab("A=1\n" + String(repeating: "@daily x\n", count: 1000)).jobs)
    let lines = JobTableCodec.encode(table).split(separator: 10)
    #expect(lines.count { $0.starts(with: "environment".utf8) } == 1)
    #expect(try JobTableCodec.decode(JobTableCodec.encode(table)) == table)
  }

  @Test("holds any text that a crontab can hold", arguments: 0..<20)
  func randomTexts(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let scalars: [Character] = ["a", " ", "=", "%", "\\", "é", "𝄞", "\t", "\u{1}", "\u{7F}", "\"", "'", "+", "\u{85}"]
    func text() -> String {
      String(
        (0..<Int.random(in: 1..<12, using: &generator)).map { _ in
          scalars[Int.random(in: 0..<scalars.count, using: &generator)]
        })
    }
    let source = (0..<30).map { _ in "V=\(text())\n@daily x\(text())\n" }.joined()
    let jobs = crontab(source, file: text()).jobs
    let table = JobTable(jobs: jobs)
    #expect(!jobs.isEmpty)
    #expect(try JobTableCodec.decode(JobTableCodec.encode(table)) == table)
  }
}
