import CronTestRandom
import CronTestSupport
import CronTime
import Testing

@testable import CronLedger

/// The audit finds nothing in a legal history, and exactly what is wrong in one that was tampered with.
@Suite struct AuditTests {
  @Test func `a legal history has no findings, whatever its segments`() throws {
    let story = AuditHistory.story()
    for first in story.records.indices.dropFirst() {
      let audited = try Audited(story.files(cuts: [first, first + 7]))
      #expect(audited.words == [], "cut at \(first)")
      #expect(audited.items.map(\.kind) == [.open, .queued])
      #expect(audited.items.map(\.job) == ["beat", "beat"])
      #expect(audited.items.map(\.occurrence) == [Samples.at(995), Samples.at(965)])
    }
  }

  @Test func `the summary counts occurrences by their last attempt, and manual runs apart`() throws {
    let audited = try Audited(AuditHistory.story().files(cuts: [20]))
    let minute = try #require(audited.summary.jobs["minute"])
    #expect(minute.outcomes == [.succeeded: 6, .skipped: 6])
    #expect(minute.manualRuns == 1)
    #expect(minute.occurrences == 12)
    let beat = try #require(audited.summary.jobs["beat"])
    #expect(beat.outcomes == [.succeeded: 6, .missed: 25])
    #expect(beat.open == 1 && beat.queued == 1)
    #expect(beat.lateness.count == 6 && beat.lateness.maximum == 9)
    // The queued one began eleven seconds late.
    #expect(minute.lateness.maximum == 11_009)
    #expect(audited.summary.totals.occurrences == 44)
    #expect(audited.summary.from == Samples.noon && audited.summary.through == Samples.at(930))
  }

  // MARK: - Mutations

  struct Mutation: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var found: [String]
    var change: @Sendable (inout AuditHistory) -> Void

    init(_ name: String, _ found: [String], _ change: @escaping @Sendable (inout AuditHistory) -> Void) {
      testDescription = name
      self.found = found
      self.change = change
    }
  }

  static let mutations: [Mutation] = [
    Mutation("a run is taken away", ["no-outcome minute 120"]) { $0.dropRun("minute", 120) },
    Mutation("a run before a definition's end is taken away", ["no-outcome beat 725"]) { $0.dropRun("beat", 725) },
    Mutation("the last run before a removal is taken away", ["no-outcome minute 900"]) { $0.dropRun("minute", 900) },
    Mutation("a claim is taken away", ["illegal-transition", "illegal-transition minute", "no-outcome minute 120"]) {
      $0.drop(claim: "minute", 120)
    },
    Mutation("a range is taken away", ["no-outcome minute 180"]) { $0.drop(range: "minute", 180) },
    Mutation("a missed range is taken away", ["no-outcome beat 125"]) { $0.drop(range: "beat", 125) },
    Mutation("the range of a pause is taken away", ["no-outcome minute 420"]) { $0.drop(range: "minute", 420) },
    Mutation("the last range before a change is taken away", ["no-outcome beat 755"]) { $0.drop(range: "beat", 755) },
    Mutation("a claim comes twice", ["illegal-transition minute 120"]) { $0.repeatClaim("minute", 120, sameRun: true) },
    Mutation("an occurrence runs twice", ["decided-twice minute 60"]) { $0.runAgain("minute", 60, behind: 120) },
    Mutation("an occurrence is claimed by a second run", ["decided-twice minute 120"]) {
      $0.repeatClaim("minute", 120, sameRun: false)
    },
    Mutation("a third attempt that nobody announced", ["decided-twice minute 660"]) {
      $0.insert(behind: "minute", 660) { $0.claim("minute", 660, trigger: .retry, attempt: 3, at: 680) }
    },
    Mutation("the @reboot of a boot runs twice", ["decided-twice boot 40"]) {
      $0.insert(behind: "beat", 35) { $0.claim("boot", 40, trigger: .reboot) }
    },
    Mutation("an @reboot of a job that has none", ["not-expected beat 40"]) {
      $0.insert(behind: "beat", 35) { $0.claim("beat", 40, trigger: .reboot) }
    },
    Mutation("a range is decided twice", ["decided-twice minute 180"]) {
      $0.insert(behind: "minute", 180) { $0.skip("minute", 180, 300, 3, .overlap) }
    },
    Mutation("an end lies before its start", ["end-before-start minute 120"]) {
      $0.changeEnd("minute", 120) { $0.endedAt = Samples.at(119) }
    },
    Mutation("a start lies before its instant", ["early-start minute 120"]) {
      $0.changeEnd("minute", 120) { $0.startedAt = Samples.at(118) }
    },
    Mutation("an end speaks of another job", ["illegal-transition other 120"]) {
      $0.changeEnd("minute", 120) { $0.job = "other" }
    },
    Mutation("a run ends twice", ["illegal-transition minute"]) { $0.repeatEnd("minute", 120) },
    Mutation("an occurrence is shifted", ["no-outcome minute 120", "not-expected minute 119"]) {
      $0.changeClaim("minute", 120) { $0.occurrence = Samples.at(119) }
    },
    Mutation(
      "an occurrence is shifted behind its start",
      ["no-outcome minute 900", "not-expected minute 904", "early-start minute 904"]
    ) {
      $0.changeClaim("minute", 900) { $0.occurrence = Samples.at(904) }
    },
    Mutation("an interval is shifted", ["no-outcome beat 335", "not-expected beat 334"]) {
      $0.changeClaim("beat", 335) { $0.occurrence = Samples.at(334) }
    },
    Mutation(
      "a claim goes to another job",
      ["no-outcome minute 120", "not-expected nobody 120", "illegal-transition minute 120"]
    ) {
      $0.changeClaim("minute", 120) { $0.job = "nobody" }
    },
    Mutation("a range says more", ["wrong-count minute 180"]) { $0.changeRange("minute", 180) { $0.count += 1 } },
    Mutation("a range says less", ["wrong-count beat 125"]) { $0.changeRange("beat", 125) { $0.count -= 1 } },
    Mutation("a range ends early", ["wrong-count minute 180", "no-outcome minute 300"]) {
      $0.changeRange("minute", 180) { $0.last = Samples.at(240) }
    },
    Mutation(
      "a range ends between two", ["not-expected minute 299", "wrong-count minute 180", "no-outcome minute 300"]
    ) {
      $0.changeRange("minute", 180) { $0.last = Samples.at(299) }
    },
    Mutation("something is decided before the job is there", ["not-expected beat 5"]) {
      $0.insert(before: "beat", 35) { $0.claim("beat", 5) }
    },
    Mutation("a job that was never defined is missed", ["not-expected ghost 60"]) {
      $0.insert(behind: "beat", 35) { $0.miss("ghost", 60, 60, 1, .down) }
    },
    Mutation("an occurrence is queued when it has run", ["decided-twice minute 60"]) {
      $0.insert(behind: "minute", 120) { $0.queue("minute", 60) }
    },
    Mutation("a job is removed while an occurrence waits", ["no-outcome minute 1200"]) {
      $0.insert(behind: "minute", 900) { $0.queue("minute", 1200) }
    },
  ]

  @Test(arguments: mutations)
  func `a history that was tampered with is found out`(_ mutation: Mutation) throws {
    var history = AuditHistory.story()
    mutation.change(&history)
    history.renumber()
    let audited = try Audited(history.files())
    #expect(audited.words.sorted() == mutation.found.sorted(), "\(audited.items)")
    #expect(audited.summary.findings == mutation.found.count)
  }

  @Test func `a record that is deleted leaves its number behind`() throws {
    let story = AuditHistory.story()
    for place in story.records.indices.dropLast() {
      var records = story.records
      records.remove(at: place)
      let audited = try Audited(AuditHistory.files(records))
      #expect(audited.findings.contains { $0.kind == .sequence }, "\(story.records[place])")
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `any decision that is deleted and closed up is found`(_ seed: UInt64) throws {
    var chance = SeededGenerator(seed: seed)
    let story = AuditHistory.story()
    let decisions = story.places { record in
      switch record {
      case .claim(let claim): claim.occurrence != nil && claim.occurrence != Samples.at(995) && claim.trigger != .reboot
      case .skipped, .missed: true
      default: false
      }
    }
    var history = story
    let victim = try #require(decisions.randomElement(using: &chance))
    let removed = history.records.remove(at: victim)
    history.renumber()
    #expect(try Audited(history.files()).words != [], "\(removed)")
  }

  // MARK: - Clocks, zones

  @Test func `a clock that was set back explains an early start`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    let run = history.claim("minute", 60)
    history.add(.clockStep(at: Samples.at(30), byMicroseconds: -30_000_000))
    history.start(run, at: 31)
    history.end(run, "minute", at: 30, startedAt: 31)
    #expect(try Audited(history.files()).words == [])
  }

  @Test func `a step that no ticker lived to record explains an early start and an end before it`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    let run = history.claim("minute", 60)
    let other = history.claim("minute", 120, at: 125)
    history.start(other, at: 125)
    history.add(.restart(at: Samples.at(30), boot: "boot-1", pid: 8, version: "1"))
    history.start(run, at: 31)
    history.end(run, "minute", at: 32, startedAt: 31)
    history.end(other, "minute", at: 33, startedAt: 125)
    #expect(try Audited(history.files()).words == [])
    // A ticker says first what it found, and then that it began.
    let restarted = try #require(history.records.firstIndex { if case .restart = $0.record { true } else { false } })
    history.records.swapAt(restarted, restarted + 1)
    history.renumber()
    #expect(try Audited(history.files()).words == [])
    // Without the restart nothing explains it.
    let restart = try #require(history.records.firstIndex { if case .restart = $0.record { true } else { false } })
    history.records.remove(at: restart)
    history.renumber()
    #expect(try Audited(history.files()).words.sorted() == ["early-start minute 60", "end-before-start minute 120"])
  }

  @Test func `marks of a far future that are set back are owed again`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    history.run("minute", 60)
    history.add(.clockStep(at: Samples.at(864_060), byMicroseconds: 864_000_000_000))
    history.skip("minute", 120, 864_060, 14_400, .catchUp)
    history.add(.through(at: Samples.at(864_060)))
    history.add(.clockStep(at: Samples.at(70), byMicroseconds: -863_990_000_000))
    history.add(.through(at: Samples.at(70)))
    history.add(.through(at: Samples.at(70), job: "minute"))
    history.run("minute", 120)
    #expect(try Audited(history.files()).words == [])
    history.run("minute", 240)
    #expect(try Audited(history.files()).words == ["no-outcome minute 180"])
  }

  @Test func `what lies behind the watermark is not judged`() throws {
    var history = AuditHistory()
    history.define("minute", "* * * * *", at: 0)
    history.run("minute", 60)
    history.add(.through(at: Samples.at(119)))
    #expect(try Audited(history.files()).words == [])
    history.add(.through(at: Samples.at(120)))
    #expect(try Audited(history.files()).words == ["no-outcome minute 120"])
  }

  @Test func `a stretch under other zone data is not recomputed, and that is said`() throws {
    let present = try Zone(name: "Here/Now", tzif: Self.fixedZone(offset: 3_600))
    for (hash, isRecomputed) in [(present.dataHash, true), (5, false)] {
      var history = AuditHistory()
      history.define("daily", "30 13 * * *", at: 0, zone: "Here/Now", zoneHash: hash)
      // 12:30 UTC is half past one here; a quarter to one isn't.
      history.run("daily", 2_700)
      let audited = try Audited(history.files()) { name, _ in name == "Here/Now" ? present : nil }
      #expect(audited.words == (isRecomputed ? ["no-outcome daily 1800", "not-expected daily 2700"] : []))
      #expect(audited.items.contains { $0.kind == .notRecomputed } == !isRecomputed)
      // Twice is twice under any data.
      history.run("daily", 2_700)
      #expect(try Audited(history.files()) { _, _ in present }.words.contains("decided-twice daily 2700"))
    }
  }

  @Test func `what a schedule owed before it changed is judged by the old one, and the rest by the new`() throws {
    var history = AuditHistory()
    history.define("job", "* * * * * ; */7 * * * *", at: 0)
    history.skip("job", 60, 600, 10, .overlap)
    history.define("job", "*/10 * * * *", at: 630)
    history.run("job", 1_200)
    #expect(try Audited(history.files()).words == [])
  }

  /// A zone of one offset, as TZif version 1.
  static func fixedZone(offset: Int32) -> [UInt8] {
    let counts: [UInt32] = [0, 0, 0, 0, 1, 4]
    var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
    for count in counts + [UInt32(bitPattern: offset)] {
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * $0)) }
    }
    return bytes + [0, 0] + Array("ABC".utf8) + [0]
  }
}

extension AuditHistory {
  /// Gives the records consecutive places again.
  mutating func renumber() {
    for place in records.indices { records[place].seq = UInt64(place + 1) }
  }

  private func place(claim job: String, _ second: Int64) -> Int {
    places {
      if case .claim(let claim) = $0 { claim.job == job && claim.occurrence == Samples.at(second) } else { false }
    }
    .last ?? 0
  }

  private func place(range job: String, _ second: Int64) -> Int {
    places { record in
      switch record {
      case .skipped(let range): range.job == job && range.first == Samples.at(second)
      case .missed(let range): range.job == job && range.first == Samples.at(second)
      default: false
      }
    }.last ?? 0
  }

  private func run(_ job: String, _ second: Int64) -> RunIdentifier? {
    if case .claim(let claim) = records[place(claim: job, second)].record { claim.run } else { nil }
  }

  private func placeOfEnd(_ job: String, _ second: Int64) -> Int {
    let run = run(job, second)
    return places { if case .end(let end) = $0 { end.run == run } else { false } }.last ?? 0
  }

  mutating func dropRun(_ job: String, _ second: Int64) {
    let run = run(job, second)
    records.removeAll { sequenced in
      switch sequenced.record {
      case .claim(let claim): claim.run == run
      case .start(let start): start.run == run
      case .end(let end): end.run == run
      default: false
      }
    }
  }

  mutating func drop(claim job: String, _ second: Int64) { records.remove(at: place(claim: job, second)) }
  mutating func drop(range job: String, _ second: Int64) { records.remove(at: place(range: job, second)) }

  mutating func repeatClaim(_ job: String, _ second: Int64, sameRun: Bool) {
    let place = place(claim: job, second)
    var copy = records[place]
    if case .claim(var claim) = copy.record, !sameRun {
      claim.run = Samples.run(999)
      copy.record = .claim(claim)
    }
    records.insert(copy, at: place + 1)
  }

  mutating func repeatEnd(_ job: String, _ second: Int64) {
    let place = placeOfEnd(job, second)
    records.insert(records[place], at: place + 1)
  }

  mutating func runAgain(_ job: String, _ second: Int64, behind later: Int64) {
    insert(behind: job, later) { $0.run(job, second) }
  }

  /// Adds records behind the end of a run, or behind a range, that begins at so many seconds.
  mutating func insert(behind job: String, _ second: Int64, _ body: (inout AuditHistory) -> Void) {
    let end = placeOfEnd(job, second)
    insert(at: (end > 0 ? end : place(range: job, second)) + 1, body)
  }

  /// Adds records before a claim.
  mutating func insert(before job: String, _ second: Int64, _ body: (inout AuditHistory) -> Void) {
    insert(at: place(claim: job, second), body)
  }

  private mutating func insert(at place: Int, _ body: (inout AuditHistory) -> Void) {
    var more = AuditHistory()
    more.skipRuns()
    body(&more)
    records.insert(contentsOf: more.records, at: place)
  }

  mutating func changeClaim(_ job: String, _ second: Int64, _ change: (inout Claim) -> Void) {
    let place = place(claim: job, second)
    guard case .claim(var claim) = records[place].record else { return }
    change(&claim)
    records[place].record = .claim(claim)
  }

  mutating func changeEnd(_ job: String, _ second: Int64, _ change: (inout RunEnd) -> Void) {
    let place = placeOfEnd(job, second)
    guard case .end(var end) = records[place].record else { return }
    change(&end)
    records[place].record = .end(end)
  }

  /// Changes the numbers of a range, whatever its reason.
  mutating func changeRange(_ job: String, _ second: Int64, _ change: (inout NotRun<String>) -> Void) {
    let place = place(range: job, second)
    func changed<Reason: RawRepresentable<String>>(_ range: NotRun<Reason>) -> NotRun<Reason> {
      var plain = NotRun(
        job: range.job, first: range.first, last: range.last, count: range.count, at: range.at,
        reason: range.reason.rawValue)
      change(&plain)
      return NotRun(
        job: plain.job, first: plain.first, last: plain.last, count: plain.count, at: plain.at, reason: range.reason)
    }
    switch records[place].record {
    case .skipped(let range): records[place].record = .skipped(changed(range))
    case .missed(let range): records[place].record = .missed(changed(range))
    default: break
    }
  }
}
