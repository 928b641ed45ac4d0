/// Parses schedules in words: `every 2h`, `every monday and thursday at 9:30pm`, `in 45m`, `daily at noon`.
///
///     phrase = "in" duration / "every" duration / clause *clause
///     clause = period / ["every"] weekdays / "on" days / ["at"] times
///
/// What could be meant in two ways is refused with both.
struct PhraseParser {
  let text: ScheduleText
  private let now: Instant?
  let tokens: [PhraseToken]
  var index = 0
  var phrase = Phrase()

  /// A parser of a whole text; `now` is what `in 45m` counts from.
  init(_ text: ScheduleText, now: Instant?) {
    self.text = text
    self.now = now
    tokens = PhraseWords.tokens(text)
  }

  var current: PhraseToken? { index < tokens.count ? tokens[index] : nil }
  var following: PhraseToken? { index + 1 < tokens.count ? tokens[index + 1] : nil }

  /// What the phrase means.
  mutating func parse() throws(ScheduleError) -> Schedule.Form {
    if tokens.count > PhraseWords.limit {
      throw error(tokens[PhraseWords.limit], "too-long", "a phrase of more than \(PhraseWords.limit) words")
    }
    guard let first = current else { throw atEnd("empty-schedule", "no schedule", hint: "such as 'every 2h'") }
    if first.word == "in" { return try once() }
    if first.isTime, first.beginsWithDigit {
      let times = try writtenTimes()
      throw error(
        first, "ambiguous-phrase", "'\(times)' alone doesn't say on which days",
        hint: "write 'daily at \(times)' or 'weekdays at \(times)'")
    }
    if first.word == "every" || first.word == "each", following?.beginsWithDigit == true { return try interval() }
    while let token = current { try clause(token) }
    return .calendar(try recurrence())
  }

  /// `every 2h`, `every 5 minutes`.
  private mutating func interval() throws(ScheduleError) -> Schedule.Form {
    index += 1
    if let next = current {
      if next.isTime {
        throw error(
          next, "ambiguous-phrase", "'every' wants a length of time or days, not a time of day",
          hint: "write 'daily at \(try writtenTimes())'")
      }
      if let day = PhraseWords.ordinal(next.word) { throw ordinalInterval(next, day) }
    }
    let seconds = try duration(forInterval: true)
    if let rest = current {
      throw error(
        rest, "phrase-conflict",
        "'every \(DurationText.text(seconds: seconds))' is elapsed time and takes nothing more",
        hint: "for times of day write 'every day at 09:00', or cron fields such as '0 9 */2 * *'")
    }
    return .interval(seconds: seconds)
  }

  private func ordinalInterval(_ token: PhraseToken, _ day: Int) -> ScheduleError {
    let written = text.slice(token.range)
    if let next = following, let days = PhraseWords.weekdays(named: next.word) {
      guard days.nonzeroBitCount == 1, day <= 5 else { return notCounted("every \(written) \(next.word)", token) }
      let name = Field.weekday.names[days.trailingZeroBitCount]
      return error(
        token, "ambiguous-phrase", "'every \(written) \(next.word)' has two readings",
        hint: "write 'monthly on the \(written) \(name)', or 'every \(day) weeks' for elapsed time")
    }
    if let next = following, PhraseWords.seconds(ofUnit: next.word) != nil {
      let fields = next.word == "day" ? ", or cron fields such as '0 9 */\(day) * *'" : ""
      return error(
        token, "ambiguous-phrase", "'every \(written) \(next.word)' doesn't say from when on it counts",
        hint: "write 'every \(day) \(next.word)s' for elapsed time\(fields)")
    }
    return error(
      token, "ambiguous-phrase", "'every \(written)' doesn't say of what",
      hint: day <= 31 ? "write 'monthly on the \(written)'" : "such as 'monthly on the 1st'")
  }

  /// No month has a sixth Monday, and nobody counts its working days.
  private func notCounted(_ written: String, _ token: PhraseToken) -> ScheduleError {
    error(
      token, "ambiguous-phrase", "'\(written)' doesn't say from which one on it counts",
      hint: "name the days, such as 'every monday and thursday'")
  }

  /// `in 45m`.
  private mutating func once() throws(ScheduleError) -> Schedule.Form {
    guard let word = current else { throw atEnd("incomplete-phrase", "no schedule") }
    index += 1
    let seconds = try duration(forInterval: false)
    if let rest = current {
      throw error(rest, "phrase-conflict", "'in …' takes a length of time alone", hint: "such as 'in 2h30m'")
    }
    guard let now else {
      throw error(
        word, "no-now", "'in …' needs a moment to count from, and a file is read again at every reload",
        hint: "write the instant, such as 2026-06-01T09:00:00Z")
    }
    let then = now.adding(seconds: seconds)
    let isWhole = then.microseconds % 1_000_000 == 0
    return .once(Instant(seconds: isWhole ? then.seconds : then.seconds.addingSaturating(1)))
  }

  private mutating func clause(_ token: PhraseToken) throws(ScheduleError) {
    if let known = PhraseWords.frequencies.first(where: { $0.name == token.word }) {
      try setPeriod(known.period, token)
      index += 1
      return
    }
    switch token.word {
    case "every", "each":
      index += 1
      try every(token)
    case "on":
      index += 1
      try days(after: token)
    case "at":
      index += 1
      try times(after: token, bareHours: true)
    default:
      let isTwelveHour = token.isNumber && PhraseWords.halves.contains(following?.word ?? "")
      if token.isTime || isTwelveHour { return try times(after: nil, bareHours: false) }
      if PhraseWords.weekdays(named: token.word) != nil { return try bareWeekdays(token) }
      throw unknown(token)
    }
  }

  /// `weekdays`, `mondays`; without a plural they could mean the next one only.
  private mutating func bareWeekdays(_ token: PhraseToken) throws(ScheduleError) {
    guard token.word.hasSuffix("s") else {
      throw error(
        token, "ambiguous-phrase", "'\(token.word)' alone could mean the next one only",
        hint: "write 'every \(token.word)'")
    }
    try setWeekdays(token)
  }

  private mutating func every(_ word: PhraseToken) throws(ScheduleError) {
    guard let token = current else {
      throw atEnd("incomplete-phrase", "'every' what?", hint: "such as 'every 2h', 'every day' or 'every monday'")
    }
    // `every second` is a period, `every second day` is none.
    let isPeriod = token.word == "second" && (following == nil || following?.word == "on" || following?.word == "at")
    if token.word == "other" || (!isPeriod && PhraseWords.ordinal(token.word) != nil) { throw everyOther(token) }
    if let known = PhraseWords.periods.first(where: { $0.name == token.word }) {
      try setPeriod(known.period, token)
      index += 1
    } else if PhraseWords.weekdays(named: token.word) != nil {
      try setWeekdays(token)
    } else if token.word == "last" {
      throw error(
        token, "ambiguous-phrase", "'every last' doesn't say of what", hint: "write 'monthly on the last …'")
    } else {
      let nearest = PhraseWords.nearest(
        to: token.word, among: PhraseWords.periods.map(\.name) + PhraseWords.weekdayNames + ["other"])
      throw error(
        token, "unknown-word", "'\(text.slice(token.range))' can't follow 'every'",
        hint: nearest.map { "did you mean '\($0)'?" } ?? "such as 'every 2h', 'every day' or 'every monday'")
    }
  }

  private func everyOther(_ token: PhraseToken) -> ScheduleError {
    let written = "every \(token.word) \(following?.word ?? "")"
    if let next = following, let days = PhraseWords.weekdays(named: next.word) {
      guard days.nonzeroBitCount == 1 else { return notCounted(written, token) }
      let name = Field.weekday.names[days.trailingZeroBitCount]
      return error(
        token, "ambiguous-phrase", "'\(written)' doesn't say from which one on it counts",
        hint: "write 'monthly on the first and third \(name)', or 'every 2 weeks' for elapsed time")
    }
    return error(
      token, "ambiguous-phrase", "'\(written)' doesn't say from when on it counts",
      hint: "write 'every 2d' for elapsed time, or '0 9 */2 * *' for the odd days of each month")
  }

  private mutating func setPeriod(_ period: Phrase.Period, _ token: PhraseToken) throws(ScheduleError) {
    guard phrase.period == nil || phrase.period == period else {
      throw error(token, "phrase-conflict", "'\(token.word)' contradicts what stands before it", hint: "keep one")
    }
    (phrase.period, phrase.periodRange) = (period, token.range)
  }
}

extension PhraseParser {
  func error(_ token: PhraseToken, _ code: String, _ message: String, hint: String? = nil) -> ScheduleError {
    ScheduleError(column: token.range.lowerBound + 1, message: message, hint: hint, code: code)
  }

  func atEnd(_ code: String, _ message: String, hint: String? = nil) -> ScheduleError {
    ScheduleError(column: (tokens.last?.range.upperBound ?? 0) + 1, message: message, hint: hint, code: code)
  }

  func unknown(_ token: PhraseToken) -> ScheduleError {
    let written = String(text.slice(token.range).prefix(40))
    let isFirst = index == 0
    let known =
      isFirst ? PhraseWords.beginnings : ["at", "on", "every", "and", "daily", "weekdays", "noon", "midnight"]
    if let nearest = PhraseWords.nearest(to: token.word, among: known + PhraseWords.weekdayNames.map { $0 + "s" }) {
      return error(
        token, "unknown-word", "'\(written)' is no word of a schedule here", hint: "did you mean '\(nearest)'?")
    }
    return error(
      token, "unknown-word", "'\(written)' is no word of a schedule here",
      hint: isFirst
        ? "such as '*/5 * * * *', '@daily', 'every 2h' or 'daily at noon'" : "such as 'every monday at 9am'")
  }
}
