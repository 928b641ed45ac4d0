internal import CronConfig
public import CronTime

/// A job, or a bare schedule, as the views over time see it.
public struct FiringJob {
  /// What it is called in a view.
  public let name: String
  /// Its first nominal instant after an instant; nil = none.
  public let next: (Instant) -> Instant?

  /// A job of that name with that sequence of instants.
  public init(name: String, next: @escaping (Instant) -> Instant?) {
    self.name = name
    self.next = next
  }

  /// A loaded job.
  public init(_ job: LoadedJob) {
    self.init(name: job.definition.name, next: job.next(after:))
  }

  /// How often it fires from `start` until before `end`, counted up to `limit`.
  func count(from start: Instant, to end: Instant, limit: Int) -> Int {
    var count = 0
    var instant = start.adding(microseconds: -1)
    while count < limit, let following = next(instant), following < end {
      count += 1
      instant = following
    }
    return count
  }
}

/// How a count is shown: exact below 1,000, then `999+`, so that an every-second schedule costs no more than another.
enum CountText {
  static let limit = 1_000

  static func of(_ count: Int) -> String { count < limit ? "\(count)" : "999+" }
}

/// The characters that a view may use.
public enum ViewGlyphs: Sendable {
  /// Blocks of UTF-8.
  case blocks
  /// ASCII alone.
  case ascii

  /// What the locale of the environment can show, locale(7).
  public static func of(environment: (String) -> String?) -> ViewGlyphs {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap(environment)
    let locale = (names.first { !$0.isEmpty } ?? "").lowercased()
    return locale.hasSuffix("utf-8") || locale.hasSuffix("utf8") ? .blocks : .ascii
  }

  /// Growing marks, from seldom to often.
  var levels: [String] {
    switch self {
    case .blocks: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    case .ascii: [".", ":", "-", "=", "+", "*", "%", "#"]
    }
  }

  /// What stands between a title and its zone.
  var separator: String { self == .blocks ? " · " : ", " }
}

/// Where the days of a zone begin.
public enum LocalDay {
  /// The first instant at which the zone's clocks show that day or a later one.
  ///
  /// Where midnight lies in a gap, that is the gap's end.
  public static func start(year: Int, month: Int, day: Int, in zone: Zone) -> Instant? {
    guard let midnight = CivilDateTime(year: year, month: month, day: day)?.secondsSinceEpoch else { return nil }
    // No zone is farther than 26 hours from UTC, so the day hasn't begun here.
    var segment = midnight - 27 * 3_600
    for _ in 0..<16 {
      let candidate = max(segment, midnight - Int64(zone.offset(at: segment).utcOffsetSeconds))
      guard let change = zone.nextTransition(after: segment)?.at, change <= candidate else {
        return Instant(seconds: candidate)
      }
      segment = change
    }
    return Instant(seconds: midnight)
  }

  /// What the zone's clocks show at an instant.
  public static func clock(at instant: Instant, in zone: Zone) -> CivilDateTime {
    let seconds = instant.seconds
    return CivilDateTime(secondsSinceEpoch: seconds + Int64(zone.offset(at: seconds).utcOffsetSeconds))
  }

  /// The date of the day that follows.
  public static func following(_ date: CivilDateTime) -> CivilDateTime {
    CivilDateTime(secondsSinceEpoch: Int64(date.daysSinceEpoch + 1) * 86_400)
  }
}
