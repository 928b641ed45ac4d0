import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Testing

/// A job with a fixed local time on the days when clocks change: one occurrence, one run, no more and no less.
@Suite struct ClockChangeTests {
  /// A zone that has nothing but a rule, TZif version 2 with an empty table.
  private static func zone(_ rule: String) throws -> Zone {
    let header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
    // No indicators, leap seconds or changes; one type, of offset 0, and four characters of names.
    let counts = [0, 0, 0, 0, 1, 4].flatMap { [0, 0, 0, $0] as [UInt8] }
    let block = header + counts + [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
    return try Zone(name: "Test/Zone", tzif: block + block + Array("\n\(rule)\n".utf8))
  }

  /// What a day of ticks every ten minutes claims, and that replay agrees.
  private func claims(_ schedule: String, from start: String, hours: Int = 24) throws -> [Instant] {
    var fixed = try job("j", schedule)
    fixed.zone = try Self.zone("CET-1CEST,M3.5.0,M10.5.0/3")
    var bench = Bench.loaded(fixed, at: try #require(Instant(rfc3339: start)))
    for _ in 0..<(hours * 6) {
      bench.tick(after: 600)
      bench.finishAll()
    }
    #expect(try bench.replayed().illegalTransitions == 0)
    #expect(bench.skips.isEmpty && bench.misses.isEmpty)
    #expect(bench.ends.map(\.outcome) == bench.claims.map { _ in .succeeded })
    return bench.claims.compactMap(\.occurrence)
  }

  @Test(.acceptance(58)) func `a time that the change of clocks takes away fires once, right after it`() throws {
    // 02:30 doesn't exist on 2026-03-29: at 02:00 clocks show 03:00, 01:00 UTC.
    let claimed = try claims("30 2 * * *", from: "2026-03-28T12:00:00Z")
    #expect(claimed.map(\.description) == ["2026-03-29T01:00:00Z"])
  }

  @Test(.acceptance(58)) func `a time that the change of clocks shows twice fires once`() throws {
    let claimed = try claims("30 2 * * *", from: "2026-10-24T12:00:00Z")
    #expect(claimed.map(\.description) == ["2026-10-25T00:30:00Z"])
  }

  @Test(.acceptance(58)) func `what follows elapsed time fires in both hours that look alike`() throws {
    let claimed = try claims("30 * * * *", from: "2026-10-25T00:00:00Z", hours: 3)
    #expect(claimed.map(\.description) == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"])
  }
}
