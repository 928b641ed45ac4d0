/// Parses an OnCalendar expression of systemd.time(7), behind the `calendar:` that marks one.
///
///     expression = [weekdays] [date] [time] [zone] / word [zone]
///     weekdays   = name [".." name] *("," …)
///     date       = [[year "-"] month] ("-" / "~") day       `~` counts days from the month's end
///     time       = hour ":" minute [":" second]
///     component  = "*" / number [".." number] ["/" step] *("," …)
struct CalendarExpressionParser {
  static let prefix = "calendar:"

  let text: ScheduleText
  private let words: [Range<Int>]
  private let start: Int
  /// The bytes of the word that is read.
  var position = 0
  var end = 0
  private var draft = RecurrenceDraft()

  /// A parser of what follows `start`, the offset behind the prefix.
  init(_ text: ScheduleText, from start: Int) {
    self.text = text
    self.start = start
    var words: [Range<Int>] = []
    var next = start
    while words.count < 6, let word = text.word(from: next) {
      words.append(word)
      next = word.upperBound
    }
    self.words = words
  }

  /// What the expression means, and where its zone's name stands.
  mutating func parse() throws(ScheduleError) -> (recurrence: Recurrence, zone: Range<Int>?) {
    guard let first = words.first else {
      throw ScheduleError(
        column: start + 1, message: "nothing follows 'calendar:'",
        hint: "such as 'calendar: Mon..Fri *-*-* 09:00' or 'calendar: daily'", code: "empty-schedule")
    }
    var index = 0
    var isWord = false
    if beginsWithLetter(first) {
      isWord = CalendarWord.apply(text.slice(first).lowercased(), to: &draft)
      if !isWord { try weekdays(first) }
      index = 1
    }
    if !isWord {
      if index < words.count, isDate(words[index]) {
        try date(words[index])
        index += 1
      }
      if index < words.count, isTime(words[index]) {
        try time(words[index])
        index += 1
      }
    }
    var zone: Range<Int>?
    if index < words.count, beginsWithLetter(words[index]) {
      zone = words[index]
      try checkZone(words[index])
      index += 1
    }
    if index < words.count { throw leftover(words[index], afterWord: isWord) }
    return (draft.recurrence, zone)
  }

  private func beginsWithLetter(_ word: Range<Int>) -> Bool { isLetter(text.bytes[word.lowerBound]) }

  private func isDate(_ word: Range<Int>) -> Bool {
    !beginsWithLetter(word) && text.bytes[word].contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "~") }
  }

  private func isTime(_ word: Range<Int>) -> Bool {
    !beginsWithLetter(word) && text.bytes[word].contains(UInt8(ascii: ":"))
  }

  private func checkZone(_ word: Range<Int>) throws(ScheduleError) {
    let name = text.slice(word)
    var unused = RecurrenceDraft()
    if CalendarWord.apply(name.lowercased(), to: &unused) {
      throw error(
        "malformed-calendar", "'\(name)' stands where only a zone can: it is a whole expression by itself",
        at: word.lowerBound, hint: "write a time instead, such as 00:00")
    }
    if Field.weekday.value(named: String(name.prefix { $0 != "," && $0 != "." && $0 != "-" })) != nil {
      throw error(
        "malformed-calendar", "'\(name)' stands where only a zone can", at: word.lowerBound,
        hint: "weekdays come first, in one list: Mon,Tue or Mon..Fri")
    }
    guard Zone.isAcceptableName(name) else {
      throw error(
        "unknown-zone", "'\(name)' can't be the name of a zone", at: word.lowerBound,
        hint: "such as Europe/Paris or UTC")
    }
  }

  private func leftover(_ word: Range<Int>, afterWord: Bool) -> ScheduleError {
    let written = text.slice(word)
    if afterWord {
      return error(
        "malformed-calendar", "'\(written)' is left over: a word such as 'daily' stands alone or before a zone",
        at: word.lowerBound, hint: "write the date and time instead: *-*-* 09:00")
    }
    if written.hasPrefix("@") {
      return error(
        "malformed-calendar", "seconds since the epoch aren't taken here", at: word.lowerBound,
        hint: "write an instant without 'calendar:', such as 2026-06-01T09:00:00Z")
    }
    if text.bytes[word].allSatisfy(isDigit) {
      return error(
        "malformed-calendar", "'\(written)' is neither a date nor a time", at: word.lowerBound,
        hint: "a date has a '-' (*-*-05), a time has a ':' (05:00)")
    }
    return error(
      "malformed-calendar", "'\(written)' has no place here", at: word.lowerBound,
      hint: "the order is weekdays, date, time, zone: Mon..Fri *-*-* 09:00:00 Europe/Paris")
  }
}

extension CalendarExpressionParser {
  /// `Mon..Fri,Sun`; `Mon-Fri` too, as systemd takes it.
  private mutating func weekdays(_ word: Range<Int>) throws(ScheduleError) {
    (position, end) = (word.lowerBound, word.upperBound)
    draft.weekdays = 0
    while true {
      let first = position
      let from = try weekday()
      var last = from
      let isRange = take("..") || take("-")
      if isRange { last = try weekday() }
      // systemd's week begins with Monday.
      let (low, high) = ((from + 6) % 7, (last + 6) % 7)
      guard low <= high else {
        throw error(
          "reversed-range", "a range of weekdays that ends before it begins: the week begins with Monday", at: first,
          hint: "write it in two: \(dayName(low))\(low < 6 ? "..Sun" : ""),Mon\(high > 0 ? "..\(dayName(high))" : "")")
      }
      for day in low...high { draft.weekdays |= 1 << UInt8((day + 1) % 7) }
      guard position < end else { return }
      guard take(",") else {
        throw error(
          "unexpected-character", "'\(text.character(at: position))' has no place among weekdays",
          hint: "such as Mon,Wed or Mon..Fri")
      }
    }
  }

  private func dayName(_ fromMonday: Int) -> String {
    String(Field.weekday.names[(fromMonday + 1) % 7].prefix(3)).capitalizedFirst
  }

  private mutating func weekday() throws(ScheduleError) -> Int {
    let start = position
    while position < end, isLetter(text.bytes[position]) { position += 1 }
    let name = text.slice(start..<position)
    if let value = Field.weekday.value(named: name) { return value }
    if name.isEmpty {
      let isRange = start > 0 && text.bytes[start - 1] != UInt8(ascii: ",")
      throw error(
        isRange ? "malformed-range" : "empty-element", "a weekday is missing", at: start,
        hint: "such as Mon,Wed or Mon..Fri")
    }
    let nearest =
      Field.weekday.nearestName(to: name) ?? PhraseWords.nearest(to: name.lowercased(), among: CalendarWord.names)
    throw error(
      "unknown-name", "'\(name)' is neither a weekday nor a word for a calendar", at: start,
      hint: nearest.map { "did you mean \($0)?" }
        ?? "weekdays are Mon to Sun, words are \(CalendarWord.names.joined(separator: " "))")
  }

  private mutating func date(_ word: Range<Int>) throws(ScheduleError) {
    (position, end) = (word.lowerBound, word.upperBound)
    // One `-` or `~` separates month and day; a `-` before it, the year.
    let separators = text.bytes[word].count { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "~") }
    if separators > 1 {
      draft.years = try component(.year).years
      guard take("-") else { throw expected("-", "the year") }
    }
    let month = try component(.month)
    draft.months = UInt16(truncatingIfNeeded: month.bits)
    if take("~") {
      let day = try component(.dayOfMonth, fromEnd: true)
      if !day.isAll {
        draft.daysOfMonth = 0
        draft.relativeDays.fromEnd = UInt32(truncatingIfNeeded: day.bits >> 1)
      }
    } else {
      guard take("-") else { throw expected("-", "the month") }
      let day = try component(.dayOfMonth)
      draft.daysOfMonth = UInt32(truncatingIfNeeded: day.bits)
      if day.isStar { draft.stars.insert(.dayOfMonth) }
    }
    guard position == end else {
      throw error(
        "unexpected-character", "'\(text.character(at: position))' has no place after the day",
        hint: "a date is year-month-day, month-day or, from the month's end, month~day")
    }
  }

  private mutating func time(_ word: Range<Int>) throws(ScheduleError) {
    (position, end) = (word.lowerBound, word.upperBound)
    let hour = try component(.hour)
    draft.hours = UInt32(truncatingIfNeeded: hour.bits)
    if hour.isStar { draft.stars.insert(.hour) }
    guard take(":") else { throw expected(":", "the hour") }
    let minute = try component(.minute)
    draft.minutes = minute.bits
    if minute.isStar { draft.stars.insert(.minute) }
    if take(":") { draft.seconds = try component(.second).bits }
    guard position == end else {
      throw error(
        "unexpected-character", "'\(text.character(at: position))' has no place in a time",
        hint: "a time is hour:minute or hour:minute:second, such as 09:00")
    }
  }

  private func expected(_ separator: String, _ after: String) -> ScheduleError {
    guard position < end else {
      return error("malformed-calendar", "a '\(separator)' is missing after \(after)", hint: "such as *-*-* 09:00:00")
    }
    return error(
      "unexpected-character", "'\(text.character(at: position))' has no place after \(after)",
      hint: "a '\(separator)' is expected here, as in *-*-* 09:00:00")
  }
}

/// The words that stand for a whole expression.
enum CalendarWord {
  static let names = [
    "minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly", "annually",
  ]

  /// Sets what a word means, in lower case; false when it isn't one.
  static func apply(_ word: String, to draft: inout RecurrenceDraft) -> Bool {
    switch word {
    case "minutely":
      (draft.minutes, draft.hours) = (RecurrenceDraft.everyMinute, RecurrenceDraft.everyHour)
      draft.stars = [.minute, .hour]
    case "hourly":
      draft.hours = RecurrenceDraft.everyHour
      draft.stars = .hour
    case "daily": break
    case "weekly": draft.weekdays = 1 << 1
    case "monthly": draft.daysOfMonth = 1 << 1
    case "quarterly": (draft.daysOfMonth, draft.months) = (1 << 1, 1 << 1 | 1 << 4 | 1 << 7 | 1 << 10)
    case "semiannually", "semi-annually", "biannually", "bi-annually":
      (draft.daysOfMonth, draft.months) = (1 << 1, 1 << 1 | 1 << 7)
    case "yearly", "annually": (draft.daysOfMonth, draft.months) = (1 << 1, 1 << 1)
    default: return false
    }
    return true
  }
}
