import CronTime
import Foundation
import Testing

/// One row of Fixtures/schedules/systemd.tsv, which generate-systemd.py beside it writes.
private struct SystemdRow {
  var line: Int
  var expression: String
  /// The zone asked in; a zone in the expression is stronger.
  var zone: String
  var after: Int64
  /// nil when systemd refuses the expression; fewer than three when no more follow.
  var occurrences: [Int64]?

  static func all() throws -> [SystemdRow] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/schedules/systemd.tsv")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.utf8.split(separator: UInt8(ascii: "\n")).enumerated().compactMap { index, line in
      let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        .map { String(Substring($0)) }
      guard fields.count >= 4, let after = Int64(fields[2]) else { return nil }
      var instant = after
      let occurrences = fields[3...].compactMap { Int64($0) }.map { step in
        instant += step
        return instant
      }
      return SystemdRow(
        line: index + 1, expression: fields[0], zone: fields[1], after: after,
        occurrences: fields[3] == "refused" ? nil : occurrences)
    }
  }
}

/// What we say about a row: three occurrences, fewer when no more follow, or the code of the refusal.
private enum SystemdAnswer: Equatable {
  case occurrences([Int64])
  case refused(String)
}

/// A row as asked of us.
private struct AnsweredRow {
  var row: SystemdRow
  var zone: Zone
  var ours: SystemdAnswer
  var schedule: Schedule?

  init(_ row: SystemdRow, _ database: inout ZoneDatabase) throws {
    self.row = row
    zone = try database.zone(named: row.zone)
    let parsed: ZonedSchedule
    do throws(ScheduleError) {
      parsed = try ZonedSchedule.parse("calendar: \(row.expression)", dialect: .any, seed: "")
    } catch {
      ours = .refused(error.code)
      return
    }
    schedule = parsed.schedule
    ours = .occurrences([])
    if let name = parsed.zoneName {
      do { zone = try database.zone(named: name) } catch { ours = .refused("unknown-zone") }
    }
    if ours == .occurrences([]) { ours = .occurrences(three { _ in true }) }
  }

  var agrees: Bool {
    guard let theirs = row.occurrences else {
      if case .refused = ours { return true }
      return false
    }
    return ours == .occurrences(theirs)
  }

  var followsElapsedTime: Bool {
    if case .calendar(let recurrence) = schedule?.form { return recurrence.followsElapsedTime }
    return false
  }

  /// Our first three occurrences that pass a filter; gives up after 10,000 others.
  func three(where keeps: (Int64) -> Bool) -> [Int64] {
    guard let schedule else { return [] }
    var found: [Int64] = []
    var instant = Instant(seconds: row.after)
    for _ in 0..<10_000 {
      guard found.count < 3, let next = schedule.next(after: instant, in: zone, origin: instant) else { break }
      if keeps(next.seconds) { found.append(next.seconds) }
      instant = next
    }
    return found
  }

  /// Our next occurrences.
  func following(_ count: Int) -> [Int64] {
    var found: [Int64] = []
    var instant = Instant(seconds: row.after)
    while found.count < count, let next = schedule?.next(after: instant, in: zone, origin: instant) {
      found.append(next.seconds)
      instant = next
    }
    return found
  }

  /// Whether the expression has an `a/n`, a step without an end.
  var hasOpenStep: Bool {
    row.expression.split { " ,:-~".contains($0) }.contains { part in
      part.contains("/") && !part.contains("..") && part.first?.isNumber == true
    }
  }

  /// Whether an instant follows a gap that ends within an hour, by less than that hour; in Dublin by less than a day.
  func isRightAfterOddGap(_ seconds: Int64) -> Bool {
    guard let gap = change(around: seconds), gap.shift > 0, gap.at <= seconds else { return false }
    if zone.name == "Europe/Dublin" { return true }
    let local = gap.at + Int64(gap.after.utcOffsetSeconds)
    return local % 3_600 != 0 && seconds < gap.at + 3_600
  }

  /// The change of offset whose repeated or skipped local times an instant lies in or right behind; at most a day ago.
  func change(around seconds: Int64, within reach: Int64 = 86_400) -> Transition? {
    var last: Transition?
    var instant = seconds - reach
    while let transition = zone.nextTransition(after: instant), transition.at <= seconds + reach {
      if transition.shift != 0 { last = transition }
      instant = transition.at
    }
    return last
  }

  func isGapEnd(_ seconds: Int64) -> Bool {
    zone.nextTransition(after: seconds - 1).map { $0.at == seconds && $0.shift > 0 } ?? false
  }

  /// Whether the local time is shown a second time at an instant.
  func isSecondPass(_ seconds: Int64) -> Bool {
    guard let fold = change(around: seconds), fold.shift < 0 else { return false }
    return (fold.at..<fold.at - Int64(fold.shift)).contains(seconds)
  }

  func isFirstPass(_ seconds: Int64) -> Bool {
    guard let fold = change(around: seconds), fold.shift < 0 else { return false }
    return (fold.at + Int64(fold.shift)..<fold.at).contains(seconds)
  }
}

/// A difference from systemd that is wanted, or a fault of systemd's search.
private struct SystemdDifference: Sendable {
  var reason: String
  /// Whether the difference explains what a row, systemd and we say; as narrow as can be.
  var explains: @Sendable (_ row: AnsweredRow) -> Bool

  static let all: [SystemdDifference] = [
    refusal("fractions of a second are refused, nothing here is finer than a second", "fraction") { $0.contains(".") },
    refusal("a step that leaves its range at once (1..3/5) is refused: it would never step", "step-too-large") {
      $0.contains("/")
    },
    refusal("a comma without a weekday behind it is refused", "empty-element") { $0.contains(",") },
    refusal("seconds since the epoch are refused: an instant says it better", "malformed-calendar") {
      $0.hasPrefix("@")
    },
    refusal("the misspelt word that systemd keeps for old files is refused", "unknown-name") { $0 == "anually" },
    SystemdDifference(
      reason: "what a gap takes away fires right after it; systemd loses it",
      explains: { row in
        guard let theirs = row.row.occurrences else { return false }
        return row.three { !row.isGapEnd($0) || theirs.contains($0) } == theirs
      }),
    SystemdDifference(
      reason: "schedules that follow elapsed time fire in both passes of a fold; systemd fires in one",
      explains: { row in
        guard let theirs = row.row.occurrences, row.followsElapsedTime else { return false }
        return row.three { !row.isSecondPass($0) || theirs.contains($0) } == theirs
          || row.three { !row.isFirstPass($0) || theirs.contains($0) } == theirs
      }),
    SystemdDifference(
      reason: "asked in the second pass of a fold, systemd fires fixed times again",
      explains: { row in
        guard let theirs = row.row.occurrences, !row.followsElapsedTime, row.isSecondPass(row.row.after),
          case .occurrences(let ours) = row.ours
        else { return false }
        let rest = theirs.filter { !row.isSecondPass($0) }
        return rest.count < theirs.count && Array(ours.prefix(rest.count)) == rest
      }),
    SystemdDifference(
      reason: "asked in a fold, systemd may answer with an instant that is past",
      explains: { row in row.row.occurrences?.first.map { $0 <= row.row.after } ?? false }),
    SystemdDifference(
      reason: "after a gap that isn't on the hour systemd loses the rest of that hour, in Dublin the rest of the day",
      explains: { row in
        guard let theirs = row.row.occurrences else { return false }
        return row.three { !row.isRightAfterOddGap($0) || theirs.contains($0) } == theirs
      }),
    SystemdDifference(
      reason:
        "systemd takes an open step past the end of its range and so into the next month or hour, losing what is there",
      explains: { row in
        guard let theirs = row.row.occurrences, row.hasOpenStep else { return false }
        // All that it says is right, and among our next ones.
        var rest = row.following(100)[...]
        return theirs.allSatisfy { wanted in
          guard let index = rest.firstIndex(of: wanted) else { return false }
          rest = rest[(index + 1)...]
          return true
        }
      }),
  ]

  private static func refusal(
    _ reason: String, _ code: String, where fits: @escaping @Sendable (String) -> Bool
  ) -> SystemdDifference {
    SystemdDifference(
      reason: reason,
      explains: { $0.row.occurrences != nil && $0.ours == .refused(code) && fits($0.row.expression) })
  }
}

@Suite struct SystemdTests {
  @Test func `agrees with systemd but for the listed differences, each of which occurs`() throws {
    var database = ZoneDatabase(load: SystemZones.bytes)
    let rows = try SystemdRow.all()
    #expect(rows.count >= 4_500)
    var uses = SystemdDifference.all.map { _ in 0 }
    var agreements = 0
    for row in rows {
      let answered = try AnsweredRow(row, &database)
      if let schedule = answered.schedule {
        let printed = schedule.description
        #expect(try Schedule.parse(printed, dialect: .any, seed: "") == schedule, "\(row.expression): \(printed)")
      }
      if answered.agrees {
        agreements += 1
      } else if let index = SystemdDifference.all.firstIndex(where: { $0.explains(answered) }) {
        uses[index] += 1
      } else {
        let shown = { (found: [Int64]) in found.map { answered.zone.rfc3339(Instant(seconds: $0)) } }
        var mine = "\(answered.ours)"
        if case .occurrences(let found) = answered.ours { mine = "\(shown(found))" }
        Issue.record(
          """
          line \(row.line): \(row.expression) in \(row.zone) after \(shown([row.after])): \(mine), \
          systemd \(row.occurrences.map(shown) ?? ["refused"])
          """)
      }
    }
    #expect(agreements > 4_300)
    for (difference, count) in zip(SystemdDifference.all, uses) {
      #expect(count > 0, "never used: \(difference.reason)")
    }
  }
}
