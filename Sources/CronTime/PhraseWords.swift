/// One word of a phrase: a run of characters without blanks, or a comma, or the hyphen between two words.
struct PhraseToken {
  /// Where it stands in the schedule's text.
  let range: Range<Int>
  /// The word in lower case.
  let word: String

  var first: UInt8 { word.utf8.first ?? 0 }
  var isNumber: Bool { !word.isEmpty && word.utf8.allSatisfy(PhraseWords.isDigit) }
  var beginsWithDigit: Bool { PhraseWords.isDigit(first) }
  /// `9:30`, `:15`, `9am`, `noon`: what can only be a time of day.
  var isTime: Bool {
    if word == "noon" || word == "midnight" { return true }
    guard beginsWithDigit || first == UInt8(ascii: ":") else { return false }
    return word.utf8.contains(UInt8(ascii: ":")) || PhraseWords.halves.contains { word.hasSuffix($0) }
  }
}

/// The words that phrases are made of.
enum PhraseWords {
  /// Longer phrases are refused.
  static let limit = 64

  static let periods: [(name: String, period: Phrase.Period)] = [
    ("second", .second), ("minute", .minute), ("hour", .hour), ("day", .day), ("week", .week), ("month", .month),
    ("year", .year),
  ]

  static let frequencies: [(name: String, period: Phrase.Period)] = [
    ("hourly", .hour), ("daily", .day), ("weekly", .week), ("monthly", .month), ("yearly", .year), ("annually", .year),
  ]

  /// Words that a phrase may begin with, for hints.
  static let beginnings =
    ["every", "in", "at", "on", "weekdays", "weekends", "noon", "midnight", "calendar:"] + frequencies.map(\.name)

  static let halves = ["am", "pm"]
  static let ordinals = ["first", "second", "third", "fourth", "fifth"]

  /// Units of elapsed time by all their names.
  static let units: [(names: [String], seconds: Int64)] = [
    (["w", "week", "weeks"], 604_800), (["d", "day", "days"], 86_400), (["h", "hr", "hrs", "hour", "hours"], 3_600),
    (["m", "min", "mins", "minute", "minutes"], 60), (["s", "sec", "secs", "second", "seconds"], 1),
  ]

  static func seconds(ofUnit word: String) -> Int64? { units.first { $0.names.contains(word) }?.seconds }

  /// Days by their names: a weekday in full, its plural or first three letters, `weekdays`, `weekends`.
  static func weekdays(named word: String) -> UInt8? {
    switch word {
    case "weekday", "weekdays": return 0b011_1110
    case "weekend", "weekends": return 0b100_0001
    default:
      if let value = Field.weekday.value(named: word) { return 1 << UInt8(value) }
      guard word.hasSuffix("days"), let value = Field.weekday.value(named: String(word.dropLast())) else { return nil }
      return 1 << UInt8(value)
    }
  }

  /// For hints, Monday first.
  static let weekdayNames = Array(Field.weekday.names.dropFirst()) + ["sunday", "weekday", "weekend"]

  /// The number of `1st`, `22nd` or `first`; nil for everything else, `2st` too.
  static func ordinal(_ word: String) -> Int? {
    if let index = ordinals.firstIndex(of: word) { return index + 1 }
    guard let number = Int(word.prefix(2)) ?? Int(word.prefix(1)), number >= 1, word == ordinalText(number) else {
      return nil
    }
    return number
  }

  /// `1st`, `22nd`, `13th`.
  static func ordinalText(_ number: Int) -> String {
    let isTeen = (11...13).contains(number % 100)
    switch number % 10 {
    case 1 where !isTeen: return "\(number)st"
    case 2 where !isTeen: return "\(number)nd"
    case 3 where !isTeen: return "\(number)rd"
    default: return "\(number)th"
    }
  }

  /// The word that a wrong one was probably meant to be.
  static func nearest(to wrong: String, among words: [String]) -> String? {
    let wanted = Array(wrong.utf8.prefix(32))
    guard wanted.count >= 3 else { return nil }
    let distances = words.map { (EditDistance.between(wanted, Array($0.utf8)), $0) }
    guard let best = distances.min(by: { $0.0 < $1.0 }), best.0 <= (wanted.count < 5 ? 1 : 2) else { return nil }
    return best.1
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
  }

  /// Whether a text that begins with this word can only be meant as a phrase: two letters or more, `9am`, `17:00`.
  static func begins(_ text: ScheduleText, _ word: Range<Int>) -> Bool {
    let bytes = text.bytes[word]
    if bytes.count >= 2, bytes.prefix(2).allSatisfy(isLetter) { return true }
    // Most schedules are fields: their first word has neither of these, and no text is made of it.
    guard let last = bytes.last, isLetter(last) || bytes.contains(UInt8(ascii: ":")) else { return false }
    return PhraseToken(range: word, word: text.slice(word).lowercased()).isTime
  }

  /// The tokens of a text, at most `limit` of them and one more.
  static func tokens(_ text: ScheduleText) -> [PhraseToken] {
    var tokens: [PhraseToken] = []
    var position = 0
    while tokens.count <= limit, let word = text.word(from: position) {
      var start = word.lowerBound
      while start < word.upperBound, tokens.count <= limit {
        var end = start
        while end < word.upperBound, !isSeparator(text.bytes[end]) { end += 1 }
        if end == start { end += 1 }
        tokens.append(PhraseToken(range: start..<end, word: text.slice(start..<end).lowercased()))
        start = end
      }
      position = word.upperBound
    }
    return tokens
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: "-")
  }
}

/// What a phrase says, clause by clause.
struct Phrase {
  /// How often it says that something happens.
  enum Period: Int {
    case second, minute, hour, day, week, month, year
  }

  /// A time of day; the hour is nil in `:15`.
  struct Time {
    var hour: Int?
    var minute: Int
    var second = 0
    var range: Range<Int>
  }

  /// Days of the month as the fields of a recurrence have them.
  struct MonthDays {
    var days: UInt32 = 0
    var relative = Recurrence.RelativeDays()
    /// The month of a date of the year.
    var month: Int?
    /// Ordinals that may belong to a weekday further on, as in `the first and third monday`; else they are days.
    var ordinals: [(number: Int, token: PhraseToken)] = []

    /// Takes open ordinals for days of the month.
    mutating func settle() {
      for (number, _) in ordinals { days |= 1 << UInt32(number) }
      ordinals = []
    }
  }

  var period: Period?
  var weekdays: UInt8?
  var monthDays: MonthDays?
  var times: [Time] = []
  /// Where the clauses of days and of times begin, for errors.
  var daysRange: Range<Int>?
  var periodRange: Range<Int>?
}
