extension PhraseParser {
  /// `9am, 13:30 and 5pm`; `bareHours`: after `at`, `8` is 08:00.
  mutating func times(after at: PhraseToken?, bareHours: Bool) throws(ScheduleError) {
    if let token = current, !phrase.times.isEmpty {
      throw error(token, "phrase-conflict", "the times are said twice", hint: "put them into one list: 9am and 5pm")
    }
    repeat {
      guard let token = current else {
        throw atEnd("incomplete-phrase", "a time of day is missing", hint: "such as 09:00, 9am or noon")
      }
      phrase.times.append(try time(token, bareHours: bareHours))
    } while takeListSeparator()
  }

  /// The times here as they may stand behind `at`: all of them where one schedule can have them, else the first.
  func writtenTimes() throws(ScheduleError) -> String {
    guard let token = current else { return "" }
    var first = self
    first.phrase.times = [try first.time(token, bareHours: false)]
    var all = self
    let areOneSchedule = (try? all.times(after: nil, bareHours: false)) != nil && (try? all.recurrence()) != nil
    let last = tokens[(areOneSchedule ? all : first).index - 1]
    return text.slice(token.range.lowerBound..<last.range.upperBound)
  }

  private mutating func time(_ token: PhraseToken, bareHours: Bool) throws(ScheduleError) -> Phrase.Time {
    index += 1
    if token.word == "noon" { return Phrase.Time(hour: 12, minute: 0, range: token.range) }
    if token.word == "midnight" { return Phrase.Time(hour: 0, minute: 0, range: token.range) }
    var clock = ClockReader(text, token.range)
    let (numbers, suffix) = (try clock.numbers(), clock.rest)
    guard let minute = numbers.minute else {
      return try wholeHour(token, numbers.hour, suffix, bareHours: bareHours)
    }
    let half = try half(suffix, token)
    let hour = try numbers.hour.map { value throws(ScheduleError) in try self.hour(value, half: half, token) }
    if hour == nil, half != nil { throw malformed(token) }
    return Phrase.Time(hour: hour, minute: minute, second: numbers.second ?? 0, range: token.range)
  }

  private mutating func wholeHour(
    _ token: PhraseToken, _ number: Int?, _ suffix: Substring, bareHours: Bool
  ) throws(ScheduleError) -> Phrase.Time {
    guard let number else { throw malformed(token) }
    let half = try half(suffix, token)
    if half == nil {
      if current?.word == "-", token.range.count == 4 {
        throw error(
          token, "phrase-conflict", "a date has no place in a phrase", hint: "write it alone: 2026-06-01 09:00")
      }
      guard bareHours, token.range.count <= 2 else { throw malformed(token) }
    }
    return Phrase.Time(hour: try hour(number, half: half, token), minute: 0, range: token.range)
  }

  /// 0 for `am`, 12 for `pm`, in the word itself or the next one; nil without.
  private mutating func half(_ suffix: Substring, _ token: PhraseToken) throws(ScheduleError) -> Int? {
    var word = String(suffix)
    if word.isEmpty, let next = current, PhraseWords.halves.contains(next.word) {
      word = next.word
      index += 1
    }
    if word.isEmpty { return nil }
    guard PhraseWords.halves.contains(word) else { throw malformed(token) }
    return word == "am" ? 0 : 12
  }

  private func hour(_ value: Int, half: Int?, _ token: PhraseToken) throws(ScheduleError) -> Int {
    guard let half else {
      guard value <= 23 else {
        throw error(token, "value-out-of-range", "\(value) is not an hour", hint: Field.hour.rangeHint)
      }
      return value
    }
    guard (1...12).contains(value) else {
      let hint =
        (13...23).contains(value)
        ? "write \(value):00 without am or pm" : "the 12-hour clock goes from 1 to 12; midnight is 12am, noon 12pm"
      throw error(token, "value-out-of-range", "\(value) is not an hour of the 12-hour clock", hint: hint)
    }
    return value % 12 + half
  }

  private func malformed(_ token: PhraseToken) -> ScheduleError {
    error(
      token, "malformed-time", "'\(text.slice(token.range).prefix(40))' is not a time of day",
      hint: "such as 09:00, 9am, 9:30pm, noon or midnight")
  }
}

/// Reads `9`, `9:30`, `:15` or `09:00:30` at the beginning of a word.
private struct ClockReader {
  private let text: ScheduleText
  private var position: Int
  private let end: Int

  init(_ text: ScheduleText, _ range: Range<Int>) {
    self.text = text
    (position, end) = (range.lowerBound, range.upperBound)
  }

  /// What follows the numbers, in lower case.
  var rest: Substring { text.slice(position..<end).lowercased()[...] }

  mutating func numbers() throws(ScheduleError) -> (hour: Int?, minute: Int?, second: Int?) {
    let hour = number()
    guard takeColon() else { return (hour, nil, nil) }
    let minute = try sixtieth(.minute)
    return (hour, minute, takeColon() ? try sixtieth(.second) : nil)
  }

  private mutating func takeColon() -> Bool {
    guard position < end, text.bytes[position] == UInt8(ascii: ":") else { return false }
    position += 1
    return true
  }

  /// The number here, held at 1,000; nil without a digit.
  private mutating func number() -> Int? {
    var value: Int?
    while position < end, PhraseWords.isDigit(text.bytes[position]) {
      value = min((value ?? 0) * 10 + Int(text.bytes[position] - UInt8(ascii: "0")), 1_000)
      position += 1
    }
    return value
  }

  private mutating func sixtieth(_ field: Field) throws(ScheduleError) -> Int {
    let start = position
    guard let value = number(), position - start == 2 else {
      throw ScheduleError(
        column: start + 1, message: "a \(field.name) has two digits", hint: "such as 09:00", code: "malformed-time")
    }
    guard value <= 59 else {
      throw ScheduleError(
        column: start + 1, message: "\(value) is not \(field.article) \(field.name)", hint: field.rangeHint,
        code: "value-out-of-range")
    }
    return value
  }
}
