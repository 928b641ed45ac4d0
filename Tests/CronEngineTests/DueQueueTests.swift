import CronLedger
import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronEngine

@Suite struct DueQueueTests {
  @Test(arguments: 0..<50 as Range<UInt64>)
  func `what is smallest comes out first, whatever was pushed and popped`(_ seed: UInt64) {
    var chance = SeededGenerator(seed: seed)
    var queue = DueQueue<Int>()
    var model: [Int] = []
    for _ in 0..<400 {
      if Int.random(in: 0..<3, using: &chance) > 0 {
        let value = Int.random(in: 0..<100, using: &chance)
        queue.push(value)
        model.append(value)
        model.sort()
      } else {
        #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(queue.satisfiesHeapOrder())
      #expect(queue.count == model.count)
      #expect(queue.first == model.first)
    }
    let even = { (value: Int) in value.isMultiple(of: 2) }
    #expect(queue.smallest(7, where: even) == Array(model.filter(even).prefix(7)))
    queue.compact(keeping: even)
    #expect(queue.satisfiesHeapOrder())
    var rest: [Int] = []
    while let value = queue.popFirst() { rest.append(value) }
    #expect(rest == model.filter(even))
  }

  @Test func `a tick costs the same however many jobs are not due`() throws {
    var bench = Bench(at: Bench.noon)
    bench.recover(.init())
    bench.load(try (0..<20_000).map { try job("j\($0)", "0 0 1 1 *") } + [try job("due", "* * * * *")])
    let before = bench.records.count
    let spent = ContinuousClock().measure {
      for _ in 0..<500 {
        bench.tick(after: 60)
        if let run = bench.dispatched.last?.run { bench.end(run) }
        #expect(bench.engine.summary.next.count <= 10)
        bench.dispatched = []
      }
    }
    #expect(bench.claims.count == 500)
    #expect(bench.records.count - before < 2_000)
    // Walking 20,000 jobs in each of these 2,000 events would take minutes here.
    #expect(spent < .seconds(15))
  }
}

@Suite struct MisfirePlanTests {
  private func plan(
    _ schedule: String, outage seconds: Int64, grace: Int64, cap: Int, jitterMinutes: Int = 0
  ) throws -> MisfirePlan {
    let planned = try job("p", schedule, jitterMinutes: jitterMinutes)
    let first = try #require(planned.next(after: Bench.noon, origin: Bench.noon))
    return MisfirePlan(
      first: first, job: planned, origin: Bench.noon, graceSeconds: grace, now: Bench.noon.adding(seconds: seconds),
      limit: .distantFuture, cap: cap)
  }

  @Test func `within the cap everything is known one by one`() throws {
    let plan = try plan("* * * * *", outage: 3600, grace: 120, cap: 10_000)
    #expect(plan.misfired == (1...57).map { .minute($0) })
    #expect(plan.inTime == (58...60).map { .minute($0) })
    #expect(plan.next == .minute(61))
    #expect(plan.olderCount == 0)
  }

  static let outages: [(String, Int64)] = [
    ("* * * * *", 86_400 * 365), ("@every 1s", 86_400 * 30), ("*/7 3 * * *", 86_400 * 3650),
    ("0 0 1 * *", 86_400 * 36_500), ("* * * 1 *", 86_400 * 365), ("* 9-16 * * 1-5", 86_400 * 100),
  ]

  @Test(.acceptance(61), arguments: outages)
  func `beyond the cap the newest are known, and the rest is one range with its exact number`(
    _ row: (String, Int64)
  ) throws {
    let cap = 200
    let plan = try plan(row.0, outage: row.1, grace: 0, cap: cap)
    let end = Bench.noon.adding(seconds: row.1)
    let planned = try job("p", row.0)
    var owed: [Instant] = []
    var cursor = planned.next(after: Bench.noon, origin: Bench.noon)
    while let instant = cursor, instant <= end {
      owed.append(instant)
      cursor = planned.next(after: instant, origin: Bench.noon)
    }
    let known = plan.misfired + plan.inTime
    #expect(plan.olderCount + known.count == owed.count)
    #expect(known.count > cap / 4 && known == Array(owed.suffix(known.count)))
    #expect(plan.olderFirst == owed.first)
    #expect(plan.olderLast == owed.dropLast(known.count).last)
    #expect(plan.next == cursor)
    #expect(plan.steps < cap * 20)
  }

  @Test func `what a delay puts off stops what follows it`() throws {
    let plan = try plan("* * * * *", outage: 1800, grace: 120, cap: 10_000, jitterMinutes: 30)
    let delayed = try job("p", "* * * * *", jitterMinutes: 30)
    let end = Bench.noon.adding(seconds: 1800)
    #expect((plan.misfired + plan.inTime).allSatisfy { delayed.due($0) <= end })
    #expect(delayed.due(try #require(plan.next)) > end)
  }

  @Test func `only so many fire normally in one pass`() throws {
    var plan = try plan("@every 1s", outage: 100, grace: 3600, cap: 10_000)
    plan.limitInTime(40)
    #expect(plan.inTime.count == 40)
    #expect(plan.misfired.count == 60)
    #expect(plan.inTime.last == Bench.noon.adding(seconds: 100))
  }
}
