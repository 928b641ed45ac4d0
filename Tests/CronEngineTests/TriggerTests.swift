import CronConfig
import CronEngine
import CronLedger
import CronTestSupport
import CronTime
import Foundation
import Testing

/// The least that is a trigger: it compiles only while nothing but these two is required.
private struct MinimalTrigger: Trigger {
  var name: String { "minimal" }
  func start(_ loop: any TickLoop) -> TriggerEnd { .asleep }
}

private struct AbsentTrigger: Trigger {
  var name: String { "absent" }
  var isAvailable: Bool { false }
  func start(_ loop: any TickLoop) -> TriggerEnd { .asleep }
}

/// A loop that counts, over a real engine.
private final class CountingLoop: TickLoop {
  var bench: Bench
  var calls: [String] = []
  var ticksLeft: Int
  var stopInTick = false
  private(set) var stopRequested = false
  private var lastRequest: UInt64 = 0

  init(_ bench: Bench, ticks: Int) {
    self.bench = bench
    ticksLeft = ticks
  }

  func beat() { calls.append("beat") }
  func tick() -> Bool {
    calls.append("tick")
    bench.tick()
    ticksLeft -= 1
    if ticksLeft <= 0, stopInTick { stopRequested = true }
    return ticksLeft % 2 == 0
  }
  func wait() {
    calls.append("wait")
    bench.pass(seconds: 30)
    if ticksLeft <= 0 { stopRequested = true }
  }
  func fire(_ key: OccurrenceKey) -> FireAnswer {
    lastRequest += 1
    bench.send(.fire(job: key.job, at: key.instant, request: lastRequest, bench.clock))
    return FireAnswer(bench.answers[lastRequest] ?? .done)
  }
}

@Suite struct TriggerTests {
  @Test(.acceptance(6, 18)) func `a trigger of name and start alone is available and has every default`() throws {
    let trigger = MinimalTrigger()
    #expect(trigger.isAvailable)
    trigger.stop()
    trigger.jobsChanged()
    trigger.reconcile()
    let loop = CountingLoop(Bench.loaded(), ticks: 0)
    #expect(!trigger.fireDue(OccurrenceKey(job: "none", instant: Bench.noon), loop))
    #expect(loop.calls.isEmpty)
  }

  @Test(.acceptance(5, 7)) func `exactly name and start lack a default`() throws {
    let here = URL(fileURLWithPath: #filePath)
    let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let source = try String(
      contentsOf: root.appendingPathComponent("Sources/CronEngine/Trigger.swift"), encoding: .utf8)
    let required = members(of: "public protocol Trigger {", in: source)
    let defaulted = members(of: "extension Trigger {", in: source)
    #expect(required.count == 7)
    #expect(required.subtracting(defaulted) == ["name", "start"])
    #expect(defaulted.isSubset(of: required))
  }

  /// The names that are declared in the block that `head` opens.
  private func members(of head: String, in source: String) -> Set<String> {
    guard let start = source.range(of: head) else { return [] }
    var names: Set<String> = []
    for line in source[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "}" { break }
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
      guard let keyword = words.firstIndex(where: { $0 == "var" || $0 == "func" }), keyword <= 1 else { continue }
      if keyword + 1 < words.count { names.insert(words[keyword + 1]) }
    }
    return names
  }

  @Test(.acceptance(3, 8, 24))
  func `the built-in beats, then ticks without waiting for jobs until it is stopped`() throws {
    let loop = CountingLoop(Bench.loaded(try job(overlap: .allow)), ticks: 6)
    // No job that is dispatched here ever ends.
    #expect(BuiltinTrigger().start(loop) == .stopped)
    #expect(BuiltinTrigger().name == "builtin")
    #expect(loop.calls == ["beat"] + Array(repeating: ["tick", "wait"], count: 6).flatMap { $0 })
    #expect(loop.bench.dispatched.map(\.occurrence) == [.minute(1), .minute(2)])
  }

  @Test(.acceptance(8)) func `a stop during a tick ends the built-in before it waits`() throws {
    let loop = CountingLoop(Bench.loaded(try job()), ticks: 1)
    loop.stopInTick = true
    #expect(BuiltinTrigger().start(loop) == .stopped)
    #expect(loop.calls == ["beat", "tick"])
  }

  @Test(.acceptance(9, 19)) func `the built-in's own stop, jobsChanged and reconcile do nothing`() throws {
    let trigger = BuiltinTrigger()
    trigger.stop()
    trigger.jobsChanged()
    trigger.reconcile()
    let loop = CountingLoop(Bench.loaded(try job()), ticks: 2)
    // Stopped before it began, it still runs until the loop says stop.
    #expect(trigger.start(loop) == .stopped)
    #expect(loop.calls.count(where: { $0 == "tick" }) == 2)
  }

  @Test(.acceptance(19, 20)) func `fireDue with the claim won runs the job exactly once through the shared path`()
    throws
  {
    let loop = CountingLoop(Bench.loaded(try job()), ticks: 1)
    loop.bench.pass(seconds: 60)
    let key = OccurrenceKey(job: "j", instant: .minute(1))
    #expect(BuiltinTrigger().fireDue(key, loop))
    #expect(loop.bench.dispatched.map(\.occurrence) == [.minute(1)])
    #expect(loop.bench.claims.map(\.trigger) == [.fire])
    loop.bench.finishAll()
    loop.bench.tick()
    #expect(loop.bench.dispatched.count == 1)
  }

  @Test(.acceptance(21)) func `fireDue with the claim lost spawns nothing and answers false`() throws {
    let loop = CountingLoop(Bench.loaded(try job()), ticks: 1)
    loop.bench.tick(after: 60)
    loop.bench.finishAll()
    #expect(loop.bench.dispatched.count == 1)
    #expect(!BuiltinTrigger().fireDue(OccurrenceKey(job: "j", instant: .minute(1)), loop))
    #expect(!MinimalTrigger().fireDue(OccurrenceKey(job: "j", instant: .minute(1)), loop))
    #expect(loop.bench.dispatched.count == 1)
  }

  @Test(.acceptance(22)) func `fireDue for a job that vanished spawns nothing and answers false`() throws {
    let loop = CountingLoop(Bench.loaded(try job()), ticks: 1)
    loop.bench.pass(seconds: 60)
    loop.bench.load([])
    let before = loop.bench.dispatched.count
    #expect(!BuiltinTrigger().fireDue(OccurrenceKey(job: "j", instant: .minute(1)), loop))
    #expect(loop.bench.dispatched.count == before)
  }

  @Test(.acceptance(13, 14, 15, 16)) func `without a usable provider the built-in serves`() throws {
    let found: [any Trigger] = [MinimalTrigger(), AbsentTrigger()]
    for name in [nil, "", "  ", "builtin"] {
      let (trigger, warning) = TriggerResolver.resolve(provider: name, discovered: found)
      #expect(trigger.name == "builtin")
      #expect(warning == nil)
    }
    let unknown = TriggerResolver.resolve(provider: "nonesuch", discovered: found)
    #expect(unknown.trigger.name == "builtin")
    #expect(try #require(unknown.warning).contains("nonesuch"))
    let absent = TriggerResolver.resolve(provider: "absent", discovered: found)
    #expect(absent.trigger.name == "builtin")
    #expect(try #require(absent.warning).contains("not available"))
    #expect(TriggerResolver.resolve(provider: "x", discovered: []).warning != nil)
  }

  @Test(.acceptance(17)) func `an available provider is used, not the fallback`() {
    let found: [any Trigger] = [AbsentTrigger(), MinimalTrigger()]
    let (trigger, warning) = TriggerResolver.resolve(provider: " minimal ", discovered: found)
    #expect(trigger.name == "minimal")
    #expect(warning == nil)
  }
}
