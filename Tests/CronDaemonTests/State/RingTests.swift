import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

@Suite struct RingTests {
  private func entry(_ number: Int32, _ cause: ExitCause) -> ReapedRing.Entry {
    ReapedRing.Entry(
      identity: ProcessIdentity(bootIdentifier: "0f3b7a52-8a55-4d0a-9d4e-0a7f4f6b8b11", pid: number, startTime: .max),
      cause: cause, reapedMicroseconds: 1_781_784_000_000_000,
      usage: ResourceUsage(userMicroseconds: .max, systemMicroseconds: .max, maximumResidentKibibytes: 123_456_789))
  }

  @Test func `what was reaped is found by who it was`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let ring = ReapedRing(state)
    let entries = [
      entry(1, .exited(42)), entry(2, .signaled(9, coreDumped: false)), entry(3, .signaled(11, coreDumped: true)),
    ]
    for entry in entries { #expect(ring.append(entry) == nil) }
    let reader = ReapedRing(state)
    #expect(try reader.entries() == entries)
    for entry in entries { #expect(try reader.find(entry.identity) == entry) }
    #expect(try reader.find(ProcessIdentity(bootIdentifier: "other", pid: 1, startTime: .max)) == nil)
  }

  @Test func `a full ring keeps the newest, also across a restart of its writer`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    for number in 1...300 {
      // A new writer every time has to find the end by itself.
      #expect(ReapedRing(state).append(entry(Int32(number), .exited(0))) == nil)
    }
    #expect(try ReapedRing(state).entries().map(\.identity.pid) == (45...300).map { Int32($0) })
    #expect(try state.root.status("reaped")?.size == Int64(ReapedRing.slots * 256))
  }

  @Test func `a torn record costs itself alone`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let ring = ReapedRing(state)
    for number in 1...3 { #expect(ring.append(entry(Int32(number), .exited(0))) == nil) }
    try state.root.openFile("reaped", .readWrite).write(Array("???".utf8), at: 256 + 10)
    #expect(try ReapedRing(state).entries().map(\.identity.pid) == [1, 3])
  }

  @Test func `deaths are kept to a hundred lines`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let deaths = Deaths(state)
    #expect(try deaths.all().isEmpty)
    for number in 0..<120 {
      let death = DeathRecord(
        atMicroseconds: 1, monotonicNanoseconds: 2, boot: "b", role: .ticker, pid: Int32(number),
        cause: .signaled(9, coreDumped: false), uptimeSeconds: 3, reason: "a reason = 100 %", isUnwanted: true)
      #expect(deaths.append(death) == nil)
    }
    let all = try Deaths(state).all()
    #expect(all.map(\.pid) == (20..<120).map { Int32($0) })
    #expect(all.last?.reason == "a reason = 100 %")
    #expect(sandbox.read("state/deaths")?.split(separator: "\n").count == 100)
    // The newest is counted as the last, wherever in the ring it stands.
    let even = try Deaths(state).count(of: .ticker) { $0.pid.isMultiple(of: 2) }
    #expect(even.count == 50 && even.last?.pid == 118)
    let none = try Deaths(state).count(of: .worker) { _ in true }
    #expect(none.count == 0 && none.last == nil)
  }

  private func death(_ number: Int, words: String?) -> DeathRecord {
    DeathRecord(
      atMicroseconds: Int64(number), monotonicNanoseconds: 2, boot: "b", role: .ticker, pid: 7,
      cause: .signaled(6, coreDumped: false), uptimeSeconds: 3, reason: "unasked", isUnwanted: true, lastWords: words)
  }

  @Test(
    arguments: [
      nil, "Fatal error: a", "two\nlines = 100 %", "\u{1B}[31mred\u{0}", String(repeating: "\u{1}", count: 1100),
      String(repeating: "é", count: 560),
    ] as [String?])
  func `a death keeps what was said before it, cut where its place ends`(words: String?) throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    #expect(Deaths(state).append(death(1, words: "another's")) == nil)
    #expect(Deaths(state).append(death(2, words: words)) == nil)
    #expect(Deaths(state).append(death(3, words: nil)) == nil)
    let kept = try Deaths(state).all().map(\.lastWords)
    #expect(kept.count == 3 && kept[0] == "another's" && kept[2] == nil)
    if let words {
      let text = try #require(kept[1])
      #expect(words.hasPrefix(text) && text.utf8.count >= min(words.utf8.count, 500))
    } else {
      #expect(kept[1] == nil)
    }
  }

  @Test func `deaths that a version without last words wrote are read, and none needs the other file`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    #expect(Deaths(state).append(death(1, words: nil)) == nil)
    #expect(try state.root.status("deaths.stderr") == nil)
    #expect(try Deaths(state).all() == [death(1, words: nil)])
    #expect(try state.root.status("deaths")?.size == Int64(Deaths.slots * 256))
  }

  @Test func `a storm of workers' deaths costs no other role its own`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let deaths = Deaths(state)
    for role in DeathRecord.Role.allCases {
      var first = death(0, words: "the first \(role.rawValue)")
      first.role = role
      first.cause = role == .watcher ? nil : .exited(70)
      #expect(deaths.append(first) == nil)
    }
    for number in 1...250 {
      var worker = death(number, words: "worker \(number)")
      worker.role = .worker
      worker.during = number == 250 ? "dispatching a" : nil
      #expect(deaths.append(worker) == nil)
    }
    let all = try Deaths(state).all()
    #expect(all.count == 103 && all.last?.during == "dispatching a")
    #expect(
      all.prefix(3).map { $0.lastWords ?? "" } == ["the first ticker", "the first watcher", "the first reader"])
    #expect(all[0].cause == .exited(70) && all[1].cause == nil)
    #expect(all.suffix(100).map(\.lastWords) == (151...250).map { "worker \($0)" })
    #expect(try Deaths(state).ends(of: .ticker).map(\.lastWords) == [nil])
  }
}
