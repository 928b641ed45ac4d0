import CronConfig
import CronEngine
import CronLedger
import CronTime
import Testing

/// What the engine says of where it is, for whoever finds the process dead.
@Suite struct TrailTests {
  /// What is said while `body` runs, in order.
  private static func said(_ bench: inout Bench, while body: (inout Bench) throws -> Void) rethrows -> [Breadcrumb] {
    nonisolated(unsafe) var said: [Breadcrumb] = []
    bench.engine.trail = { said.append($0) }
    defer { bench.engine.trail = nil }
    try body(&bench)
    return said
  }

  @Test func `each job is named before it is loaded, and none once all are`() throws {
    var bench = Bench()
    bench.recover(LedgerState())
    let jobs = [try job("a"), try job("b", "*/5 * * * *"), try job("c", "@every 90s")]
    let said = Self.said(&bench) { $0.load(jobs) }
    #expect(said.compactMap(\.input).filter { $0 == "b" }.count >= 1)
    // The last word on each is said in the order of the table.
    let lastWords = ["a", "b", "c"].map { said.lastIndex(of: Breadcrumb(.loading, $0)) ?? -1 }
    #expect(lastWords == lastWords.sorted() && lastWords.first != -1)
    #expect(said.last == Breadcrumb(.loading))
  }

  @Test func `each job that is due is named before it is decided, and none afterwards`() throws {
    var bench = Bench.loaded(try job("a"), try job("b", "30 * * * *"), try job("c"))
    let said = Self.said(&bench) { $0.tick(after: 61) }
    #expect(Set(said.compactMap(\.input)) == ["a", "c"])
    #expect(said.allSatisfy { $0.step == .deciding } && said.last == Breadcrumb(.deciding))
    #expect(bench.claims.map(\.job) == ["a", "c"])
    #expect(Self.said(&bench) { $0.tick(after: 1) }.isEmpty)
  }

  @Test func `nothing is computed with a job that is set aside, not even what it was`() throws {
    let bench = Bench.loaded(try job("a"), try job("poison"))
    var next = try bench.crashed(after: 600)
    next.engine.settings.setAside = ["poison"]
    let said = try Self.said(&next) { try $0.load([job("a")]) }
    #expect(!said.contains { $0.input == "poison" })
    #expect(!next.misses.contains { $0.job == "poison" })
    // Once it is let go it is a job like any other.
    next.engine.settings.setAside = []
    next.load([try job("a"), try job("poison")])
    next.tick(after: 61)
    #expect(next.claims.contains { $0.job == "poison" })
  }
}
