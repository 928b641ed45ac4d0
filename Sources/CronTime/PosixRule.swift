/// The footer of a TZif file: a POSIX TZ string with the extensions of RFC 9636 (times of −167 to 167 hours).
struct PosixRule: Hashable, Sendable {
  /// A day of the year in one of the three notations of POSIX.
  enum Day: Hashable, Sendable {
    /// `Jn`: 1–365, 29 February is never counted.
    case julian(Int)
    /// `n`: 0–365, 29 February is counted.
    case zeroBased(Int)
    /// `Mm.w.d`: the w-th weekday d of month m; week 5 is the last.
    case weekday(month: Int, week: Int, weekday: Int)

    /// Days from 1970-01-01.
    func days(inYear year: Int) -> Int {
      let newYear = Calendar.days(year: year, month: 1, day: 1)
      switch self {
      case .julian(let day):
        return newYear + day - 1 + (day >= 60 && Calendar.isLeap(year) ? 1 : 0)
      case .zeroBased(let day):
        return newYear + day
      case .weekday(let month, let week, let weekday):
        let first = Calendar.days(year: year, month: month, day: 1)
        let toWeekday = (weekday - Calendar.weekday(days: first) + 7) % 7
        let day = toWeekday + (week - 1) * 7
        return first + (day < Calendar.length(year: year, month: month) ? day : day - 7)
      }
    }
  }

  /// When one of the two changes of a year happens, in the local time before it.
  struct Change: Hashable, Sendable {
    var day: Day
    /// Seconds after midnight of that day; negative and more than a day are allowed.
    var time: Int
  }

  struct Daylight: Hashable, Sendable {
    var type: ZoneOffset
    var start: Change
    var end: Change
  }

  var standard: ZoneOffset
  var daylight: Daylight?

  /// A change of offset by the rule.
  struct Event: Hashable, Sendable {
    var at: Int64
    var isDaylight: Bool
  }

  /// The changes of a run of years in order; of two at one instant the later one stays.
  func events(inYears years: ClosedRange<Int>) -> [Event] {
    guard let daylight else { return [] }
    var events: [Event] = []
    events.reserveCapacity(years.count * 2)
    for year in years {
      let start = Event(
        at: seconds(daylight.start, inYear: year) - Int64(standard.utcOffsetSeconds), isDaylight: true)
      let end = Event(
        at: seconds(daylight.end, inYear: year) - Int64(daylight.type.utcOffsetSeconds), isDaylight: false)
      for event in start.at <= end.at ? [start, end] : [end, start] {
        // Daylight time all year ends where the next year's begins: the beginning wins.
        while let last = events.last, last.at >= event.at { events.removeLast() }
        events.append(event)
      }
    }
    return events
  }

  private func seconds(_ change: Change, inYear year: Int) -> Int64 {
    Int64(change.day.days(inYear: year)) * Calendar.secondsPerDay + Int64(change.time)
  }

  func type(isDaylight: Bool) -> ZoneOffset {
    guard isDaylight, let daylight else { return standard }
    return daylight.type
  }
}

extension PosixRule {
  /// Reads a TZ string such as `IST-1GMT0,M10.5.0,M3.5.0/1`; nil when malformed.
  init?(_ text: some Collection<UInt8>) {
    var reader = PosixRuleReader(Array(text))
    guard let name = reader.name(), let offset = reader.time(maximumHours: 24) else { return nil }
    standard = ZoneOffset(utcOffsetSeconds: -offset, isDaylight: false, abbreviation: name)
    if reader.isAtEnd { return }
    guard let daylightName = reader.name() else { return nil }
    var daylightOffset = 3_600 - offset
    if !reader.isAt(UInt8(ascii: ",")) {
      guard let explicit = reader.time(maximumHours: 24) else { return nil }
      daylightOffset = -explicit
    }
    guard let start = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
    let type = ZoneOffset(utcOffsetSeconds: daylightOffset, isDaylight: true, abbreviation: daylightName)
    daylight = Daylight(type: type, start: start, end: end)
  }
}

/// Reads the parts of a POSIX TZ string.
struct PosixRuleReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position == bytes.count }

  func isAt(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard isAt(byte) else { return false }
    position += 1
    return true
  }

  /// `EST`, or `<+03>` where signs and digits are allowed too.
  mutating func name() -> String? {
    let isQuoted = take(UInt8(ascii: "<"))
    let start = position
    while position < bytes.count, Self.isNameByte(bytes[position], isQuoted: isQuoted) { position += 1 }
    let name = String(decoding: bytes[start..<position], as: UTF8.self)
    guard name.utf8.count >= 3, name.utf8.count <= 32, !isQuoted || take(UInt8(ascii: ">")) else { return nil }
    return name
  }

  private static func isNameByte(_ byte: UInt8, isQuoted: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): isQuoted
    default: false
    }
  }

  private mutating func number(maximum: Int) -> Int? {
    let start = position
    var value = 0
    while position < bytes.count, position - start < 4, bytes[position] >= UInt8(ascii: "0"),
      bytes[position] <= UInt8(ascii: "9")
    {
      value = value * 10 + Int(bytes[position] - UInt8(ascii: "0"))
      position += 1
    }
    return position > start && value <= maximum ? value : nil
  }

  /// `[+-]h[hh][:mm[:ss]]` in seconds.
  mutating func time(maximumHours: Int) -> Int? {
    let isNegative = take(UInt8(ascii: "-"))
    if !isNegative { _ = take(UInt8(ascii: "+")) }
    guard let hours = number(maximum: maximumHours) else { return nil }
    var seconds = hours * 3_600
    if take(UInt8(ascii: ":")) {
      guard let minutes = number(maximum: 59) else { return nil }
      seconds += minutes * 60
      if take(UInt8(ascii: ":")) {
        guard let rest = number(maximum: 59) else { return nil }
        seconds += rest
      }
    }
    return isNegative ? -seconds : seconds
  }

  /// `,M3.2.0/2`; the time is 02:00 when absent.
  mutating func change() -> PosixRule.Change? {
    guard take(UInt8(ascii: ",")), let day = day() else { return nil }
    guard take(UInt8(ascii: "/")) else { return PosixRule.Change(day: day, time: 7_200) }
    guard let time = time(maximumHours: 167) else { return nil }
    return PosixRule.Change(day: day, time: time)
  }

  private mutating func day() -> PosixRule.Day? {
    if take(UInt8(ascii: "J")) {
      guard let day = number(maximum: 365), day >= 1 else { return nil }
      return .julian(day)
    }
    guard take(UInt8(ascii: "M")) else { return number(maximum: 365).map { .zeroBased($0) } }
    guard let month = number(maximum: 12), month >= 1, take(UInt8(ascii: ".")),
      let week = number(maximum: 5), week >= 1, take(UInt8(ascii: ".")), let weekday = number(maximum: 6)
    else { return nil }
    return .weekday(month: month, week: week, weekday: weekday)
  }
}
