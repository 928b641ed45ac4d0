import CronTime
import Testing

/// Days that depend on the month, `?`, and values that depend on the job's name.
@Suite struct RelativeDayTests {
  /// An expression, and its first days after the end of 2025 (from a calendar, not from the code).
  private static let rows: [(text: String, days: [String])] = [
    ("0 0 L * *", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
    ("0 0 l * *", ["2026-01-31", "2026-02-28", "2026-03-31"]),
    ("0 0 L-3 * *", ["2026-01-28", "2026-02-25", "2026-03-28"]),
    ("0 0 L-30 * *", ["2026-01-01", "2026-03-01", "2026-05-01"]),
    ("0 0 LW * *", ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29"]),
    ("0 0 L-1W * *", ["2026-01-30", "2026-02-27", "2026-03-30", "2026-04-29", "2026-05-29"]),
    ("0 0 15W * *", ["2026-01-15", "2026-02-16", "2026-03-16", "2026-04-15"]),
    ("0 0 1W * *", ["2026-01-01", "2026-02-02", "2026-03-02", "2026-04-01", "2026-05-01"]),
    ("0 0 1w 8 *", ["2026-08-03", "2027-08-02"]),
    ("0 0 31W * *", ["2026-01-30", "2026-03-31", "2026-05-29", "2026-07-31"]),
    ("0 0 * * 5L", ["2026-01-30", "2026-02-27", "2026-03-27"]),
    ("0 0 * * friL", ["2026-01-30", "2026-02-27"]),
    ("0 0 * * 7L", ["2026-01-25", "2026-02-22"]),
    ("0 0 * * 5#3", ["2026-01-16", "2026-02-20", "2026-03-20"]),
    ("0 0 * * FRIDAY#5", ["2026-01-30", "2026-05-29", "2026-07-31"]),
    ("0 0 * * 0#1,7#2", ["2026-01-04", "2026-01-11", "2026-02-01", "2026-02-08"]),
    ("0 0 1,15,L * *", ["2026-01-01", "2026-01-15", "2026-01-31", "2026-02-01"]),
    ("0 0 L 2 *", ["2026-02-28", "2027-02-28", "2028-02-29"]),
    // Both day fields are restricted: either matches, as between any two of cron's day fields.
    ("0 0 L * 1#1", ["2026-01-05", "2026-01-31", "2026-02-02", "2026-02-28"]),
    ("0 0 */2 * 5L", ["2026-02-27", "2026-03-27", "2026-05-29"]),
    ("0 0 ? * 5#3", ["2026-01-16", "2026-02-20"]),
    ("0 0 13 * ?", ["2026-01-13", "2026-02-13"]),
    ("0 0 0 13 * ?", ["2026-01-13", "2026-02-13"]),
  ]

  @Test(arguments: rows)
  func `a day that depends on the month`(_ row: (text: String, days: [String])) throws {
    let found = try occurrences(row.text, in: .utc, after: "2025-12-31T23:59:59Z", count: row.days.count)
    #expect(found == row.days.map { $0 + "T00:00:00Z" })
  }

  @Test(arguments: rows)
  func `the canonical text says the same`(_ row: (text: String, days: [String])) throws {
    let schedule = try Schedule.parse(row.text, dialect: .any, seed: "")
    let again = try Schedule.parse(schedule.description, dialect: .any, seed: "")
    #expect(again == schedule, "\(schedule)")
    #expect(again.description == schedule.description)
  }

  @Test func `the 31st weekday rule never leaves its month`() throws {
    let schedule = try Schedule.parse("0 0 1W,LW * *", dialect: .any, seed: "")
    var instant = Instant(seconds: 0)
    var count = 0
    while let next = schedule.next(after: instant, in: .utc, origin: instant), next.seconds < 7_258_118_400 {
      let date = CivilDateTime(secondsSinceEpoch: next.seconds)
      #expect((1...5).contains(date.weekday))
      #expect(date.day <= 3 || date.day >= 26)
      instant = next
      count += 1
    }
    #expect(count == 2 * 12 * 230 - 1, "twice a month, and 1970-01-01 isn't after itself")
  }

  // MARK: - H

  private static let hashed: [(text: String, allowed: @Sendable (CivilDateTime) -> Bool)] = [
    ("H * * * *", { _ in true }), ("H(10-19) * * * *", { (10...19).contains($0.minute) }),
    ("0 H(2-4) * * *", { (2...4).contains($0.hour) && $0.minute == 0 }),
    ("0 0 H * *", { $0.day <= 28 }), ("0 0 1 H *", { $0.day == 1 }), ("0 0 * * H", { _ in true }),
    ("H H(0-5) H * *", { $0.hour <= 5 && $0.day <= 28 }),
  ]

  @Test func `H is one value of its range, stable for a name, and spread over names`() throws {
    for (text, isAllowed) in Self.hashed {
      var seen: Set<String> = []
      for number in 0..<200 {
        let schedule = try Schedule.parse(text, dialect: .any, seed: "job\(number)")
        #expect(try Schedule.parse(text, dialect: .any, seed: "job\(number)") == schedule)
        let next = try #require(schedule.next(after: Instant(seconds: 0), in: .utc, origin: Instant(seconds: 0)))
        #expect(isAllowed(CivilDateTime(secondsSinceEpoch: next.seconds)), "\(schedule)")
        #expect(!schedule.description.contains("H"), "the ledger keeps what was chosen")
        seen.insert(schedule.description)
      }
      #expect(seen.count >= 3, "\(text): \(seen)")
    }
  }

  @Test(arguments: [(15, 4), (7, 9), (60, 1), (1, 60)])
  func `a step of H begins within its first step and stays in the range`(step: Int, most: Int) throws {
    for number in 0..<100 {
      let schedule = try Schedule.parse("H/\(step) * * * *", dialect: .any, seed: "job\(number)")
      let minutes = try Set(
        occurrences(schedule.description, in: .utc, after: "2026-01-01T00:59:59Z", count: most + 1)
          .filter { $0.hasPrefix("2026-01-01T01") }.map { Int($0.dropFirst(14).prefix(2)) ?? -1 })
      let first = try #require(minutes.min())
      #expect(first < step && minutes == Set(stride(from: first, to: 60, by: step)), "\(schedule)")
    }
  }

  @Test(arguments: [
    ("H H H H H", "37 20 5 10 0"), ("H(0-29)/10 * * * *", "7-27/10 * * * *"), ("H,H * * * *", "14,37 * * * *"),
    ("~ ~ ~ ~ ~", "58 22 1 2 0"), ("0~59,0~59 * * * *", "43,58 * * * *"), ("10~20 22~2 ~7 * *", "13 0 3 * *"),
    ("0 0 25~ * *", "0 0 27 * *"),
  ])
  func `the values that a name chooses may not change between versions`(text: String, chosen: String) throws {
    let schedule = try Schedule.parse(text, dialect: .any, seed: "backup").description
    #expect(schedule == chosen)
  }

  @Test(arguments: [
    ("5 H * * *", "17,45  H * * 1-5"), ("5 ~ * * *", " 17,45   ~ * * 1-5"), ("0 0 H * 1", "*/20 22-2 H jan,jul 1"),
  ])
  func `an edit elsewhere in the text doesn't move what a name chose`(before: String, after: String) throws {
    let place = before.split(separator: " ").firstIndex { $0 == "H" || $0 == "~" } ?? 0
    for number in 0..<50 {
      let texts = try [before, after].map { text in
        try Schedule.parse(text, dialect: .any, seed: "job\(number)").description.split(separator: " ")[place]
      }
      #expect(texts[0] == texts[1], "job\(number)")
    }
  }
}
