import CronTime
import Foundation
import Testing

/// One row of Fixtures/schedules/cronsim.tsv, which generate.py beside it writes.
struct CronsimRow {
  var line: Int
  var expression: String
  var zone: String
  var after: Int64
  /// nil when cronsim refuses the expression.
  var occurrences: [Int64]?

  var minuteIsStar: Bool { expression.hasPrefix("*") }
  var hourIsStar: Bool { expression.split(separator: " ")[1].hasPrefix("*") }

  static func all() throws -> [CronsimRow] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/schedules/cronsim.tsv")
    let text = try String(contentsOf: file, encoding: .utf8)
    return text.utf8.split(separator: UInt8(ascii: "\n")).enumerated().compactMap { index, line in
      let fields = line.split(separator: UInt8(ascii: "\t")).map { String(Substring($0)) }
      guard fields.count >= 4, let after = Int64(fields[2]) else { return nil }
      var occurrences: [Int64]?
      if fields[3] != "refused" {
        var instant = after
        occurrences = fields[3...].compactMap { Int64($0) }.map { step in
          instant += step
          return instant
        }
      }
      return CronsimRow(
        line: index + 1, expression: fields[0], zone: fields[1], after: after, occurrences: occurrences)
    }
  }
}

/// What we say about a row: three occurrences, or the code of the refusal.
enum OurAnswer: Equatable {
  case occurrences([Int64])
  case refused(String)

  init(_ row: CronsimRow, zone: Zone) {
    do {
      let schedule = try Schedule.parse(row.expression, dialect: .crontabLine, seed: "")
      var found: [Int64] = []
      var instant = Instant(seconds: row.after)
      while found.count < 3, let next = schedule.next(after: instant, in: zone, origin: instant) {
        found.append(next.seconds)
        instant = next
      }
      self = .occurrences(found)
    } catch {
      self = .refused(error.code)
    }
  }
}

/// A difference from cronsim that is wanted.
struct WantedDifference: Sendable {
  var reason: String
  /// Whether the difference explains what a row, cronsim and we say; as narrow as can be.
  var explains: @Sendable (_ row: CronsimRow, _ zone: Zone, _ ours: OurAnswer) -> Bool

  static let all: [WantedDifference] = [
    WantedDifference(
      reason: "a range may wrap around (22-2, fri-mon): cronie accepts and never fires, cronsim refuses",
      explains: { row, _, ours in
        guard row.occurrences == nil, case .occurrences(let found) = ours else { return false }
        return found.count == 3 && row.expression.contains("-")
      }),
    WantedDifference(
      reason: "5/15 is refused: Vixie's cron takes 5 alone, others 5-59/15",
      explains: { row, _, ours in row.occurrences != nil && ours == .refused("step-without-range") }),
    WantedDifference(
      reason: "a step larger than its range (*/70, */30 hours) is refused: it would never step",
      explains: { row, _, ours in row.occurrences != nil && ours == .refused("step-too-large") }),
    WantedDifference(
      reason: "when a gap takes all of a day's times of `*/15 2 * * *`, it fires once after the gap; cronsim loses it",
      explains: { row, zone, ours in
        guard row.minuteIsStar, !row.hourIsStar, let theirs = row.occurrences, case .occurrences(let found) = ours
        else { return false }
        let others = found.filter { !isGapEnd($0, zone) || theirs.contains($0) }
        return others.count < found.count && Array(theirs.prefix(others.count)) == others
      }),
    WantedDifference(
      reason: "asked in the second pass of a fold, cronsim forgets which pass it is and fires fixed times again",
      explains: { row, zone, ours in
        guard !row.minuteIsStar, !row.hourIsStar, let theirs = row.occurrences, case .occurrences(let found) = ours,
          let fold = lastTransition(upTo: row.after, zone), fold.shift < 0
        else { return false }
        // Its extra answers are local times that the first pass has had; without them it says the same.
        let end = fold.at - Int64(fold.shift)
        let rest = theirs.filter { $0 >= end }
        return row.after < end && rest.count < theirs.count && Array(found.prefix(rest.count)) == rest
      }),
    WantedDifference(
      reason: "a gap of more than 3 hours is a change of the date line, for which nothing fires",
      explains: { row, zone, ours in
        guard let theirs = row.occurrences, case .occurrences(let found) = ours,
          let change = lastTransition(upTo: theirs[0], zone), change.shift > 3 * 3_600
        else { return false }
        let rest = theirs.filter { $0 != change.at }
        return rest.count < theirs.count && Array(found.prefix(rest.count)) == rest
      }),
    WantedDifference(
      reason: "cronsim walks in whole hours and slips past parts of hours when a change isn't on the hour",
      explains: { row, zone, ours in
        guard let first = firstDifference(row, ours), row.minuteIsStar || row.hourIsStar,
          let change = lastTransition(upTo: min(first.ours, first.theirs), zone)
        else { return false }
        let isWhole = change.shift % 3_600 == 0 && (change.at + Int64(change.after.utcOffsetSeconds)) % 3_600 == 0
        return !isWhole && min(first.ours, first.theirs) < change.at + 86_400
      }),
    WantedDifference(
      reason: "cronsim enters a day at a midnight that doesn't exist: it takes it for hour 0 and loses hour 1",
      explains: { row, zone, ours in
        guard let first = firstDifference(row, ours), row.minuteIsStar || row.hourIsStar,
          let change = lastTransition(upTo: min(first.ours, first.theirs), zone)
        else { return false }
        let isMidnight = (change.at + Int64(change.before.utcOffsetSeconds)) % 86_400 == 0
        return isMidnight && change.shift > 0 && min(first.ours, first.theirs) < change.at + 3_600
      }),
    WantedDifference(
      reason: "cronsim enters a repeated midnight in its first pass: it goes back, or stays there",
      explains: { row, _, ours in
        guard let first = firstDifference(row, ours), row.minuteIsStar || row.hourIsStar,
          let theirs = row.occurrences
        else { return false }
        return first.theirs <= row.after || zip(theirs, theirs.dropFirst()).contains { $0 >= $1 }
      }),
  ]

  private static func firstDifference(_ row: CronsimRow, _ ours: OurAnswer) -> (ours: Int64, theirs: Int64)? {
    guard let theirs = row.occurrences, case .occurrences(let found) = ours else { return nil }
    return zip(found, theirs).first { $0 != $1 }.map { ($0, $1) }
  }

  private static func isGapEnd(_ seconds: Int64, _ zone: Zone) -> Bool {
    zone.nextTransition(after: seconds - 1).map { $0.at == seconds && $0.shift > 0 } ?? false
  }

  /// The last change of offset that isn't after an instant, within four days.
  private static func lastTransition(upTo seconds: Int64, _ zone: Zone) -> Transition? {
    var last: Transition?
    var instant = seconds - 4 * 86_400
    while let transition = zone.nextTransition(after: instant), transition.at <= seconds {
      if transition.shift != 0 { last = transition }
      instant = transition.at
    }
    return last
  }
}

@Suite struct CronsimTests {
  @Test func `agrees with cronsim but for the listed differences, each of which occurs`() throws {
    var database = ZoneDatabase(load: SystemZones.bytes)
    let rows = try CronsimRow.all()
    #expect(rows.count >= 5_000)
    var uses = WantedDifference.all.map { _ in 0 }
    var agreements = 0
    for row in rows {
      let zone = try database.zone(named: row.zone)
      let ours = OurAnswer(row, zone: zone)
      if let theirs = row.occurrences, ours == .occurrences(theirs) {
        agreements += 1
        continue
      }
      if let index = WantedDifference.all.firstIndex(where: { $0.explains(row, zone, ours) }) {
        uses[index] += 1
      } else {
        let theirs = row.occurrences?.map { zone.rfc3339(Instant(seconds: $0)) }
        let after = zone.rfc3339(Instant(seconds: row.after))
        var mine = "\(ours)"
        if case .occurrences(let found) = ours { mine = "\(found.map { zone.rfc3339(Instant(seconds: $0)) })" }
        Issue.record(
          "line \(row.line): \(row.expression) in \(row.zone) after \(after): \(mine), cronsim \(theirs ?? ["refused"])"
        )
      }
    }
    #expect(agreements > 8_000)
    for (difference, count) in zip(WantedDifference.all, uses) {
      #expect(count > 0, "never used: \(difference.reason)")
    }
  }
}
