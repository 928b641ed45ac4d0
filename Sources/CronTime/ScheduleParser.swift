/// Parses the text of one schedule.
struct ScheduleParser {
  private let text: ScheduleText
  private let seed: String
  private let now: Instant?

  init(_ text: ScheduleText, seed: String, now: Instant? = nil) {
    self.text = text
    self.seed = seed
    self.now = now
  }

  /// The schedule that the whole text names, and where its zone's name stands when it has one.
  func parseZoned(_ dialect: Dialect) throws(ScheduleError) -> (form: Schedule.Form, zone: Range<Int>?) {
    let prefix = CalendarExpressionParser.prefix
    guard dialect == .any, let first = text.word(from: 0), text.begins(first, with: prefix)
    else { return (try parse(dialect), nil) }
    try checkBytes()
    var parser = CalendarExpressionParser(text, from: first.lowerBound + prefix.utf8.count)
    let (recurrence, zone) = try parser.parse()
    return (.calendar(recurrence), zone)
  }

  /// The schedule that the whole text names.
  func parse(_ dialect: Dialect) throws(ScheduleError) -> Schedule.Form {
    try checkBytes()
    let words = text.words(limit: 9)
    guard let first = words.first else { throw empty(dialect) }
    if text.bytes[first.lowerBound] == UInt8(ascii: "@") {
      let (form, used) = try nickname(words)
      if words.count > used { throw trailing(words[used], after: text.slice(first)) }
      return form
    }
    if dialect == .any, let form = try phrase(words) { return form }
    if dialect == .crontabLine { try checkNoPhrase(first) }
    guard words.count >= 5 else { throw tooFew(words, dialect) }
    switch (dialect, words.count) {
    case (_, 5): return try calendar(words, [.minute, .hour, .dayOfMonth, .month, .weekday])
    case (.crontabLine, _):
      try checkNoSixthField(words[5])
      throw trailing(words[5], after: "the five fields")
    case (.any, 6): return try longCalendar(words, [.second, .minute, .hour, .dayOfMonth, .month, .weekday])
    case (.any, 7): return try longCalendar(words, [.second, .minute, .hour, .dayOfMonth, .month, .weekday, .year])
    default:
      if let error = commandAsSchedule(words) { throw error }
      throw trailing(words[7], after: "the seven fields")
    }
  }

  /// The schedule at the beginning of a crontab line, and where its last word ends.
  func parseLeading() throws(ScheduleError) -> (form: Schedule.Form, end: Int) {
    let words = text.words(limit: 6)
    guard let first = words.first else { throw empty(.crontabLine) }
    if text.bytes[first.lowerBound] == UInt8(ascii: "@") {
      let (form, used) = try nickname(words)
      return (form, words[used - 1].upperBound)
    }
    try checkNoPhrase(first)
    guard words.count >= 5 else { throw tooFew(words, .crontabLine) }
    if words.count > 5 { try checkNoSixthField(words[5]) }
    return (try calendar(words, [.minute, .hour, .dayOfMonth, .month, .weekday]), words[4].upperBound)
  }

  private func checkBytes() throws(ScheduleError) {
    guard text.bytes.count <= ScheduleText.maximumLength else {
      throw ScheduleError(
        column: 1, message: "a schedule of more than \(ScheduleText.maximumLength) bytes", code: "too-long")
    }
    if let position = text.bytes.firstIndex(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7f }) {
      throw ScheduleError(
        column: position + 1, message: "a control character in the schedule", code: "control-character")
    }
  }

  private func calendar(_ words: [Range<Int>], _ fields: [Field]) throws(ScheduleError) -> Schedule.Form {
    var second = FieldValues(bits: 1)
    var minute = FieldValues()
    var hour = FieldValues()
    var dayOfMonth = FieldValues()
    var month = FieldValues()
    var weekday = FieldValues()
    var year = FieldValues(years: .all)
    for (field, word) in zip(fields, words) {
      var parser = FieldParser(field, in: text, range: word, seed: seed)
      let values = try parser.parse()
      switch field {
      case .second: second = values
      case .minute: minute = values
      case .hour: hour = values
      case .dayOfMonth: dayOfMonth = values
      case .month: month = values
      case .weekday: weekday = values
      case .year: year = values
      }
    }
    var relative = dayOfMonth.relative
    (relative.lastWeekday, relative.nthWeekday) = (weekday.relative.lastWeekday, weekday.relative.nthWeekday)
    var stars: Recurrence.Stars = []
    if minute.isStar { stars.insert(.minute) }
    if hour.isStar { stars.insert(.hour) }
    if dayOfMonth.isStar { stars.insert(.dayOfMonth) }
    if weekday.isStar { stars.insert(.weekday) }
    return .calendar(
      Recurrence(
        seconds: second.bits, minutes: minute.bits, hours: UInt32(hour.bits), daysOfMonth: UInt32(dayOfMonth.bits),
        months: UInt16(month.bits), weekdays: UInt8(weekday.bits), years: year.years, relativeDays: relative,
        dayRule: dayOfMonth.isStar || weekday.isStar ? .both : .either, stars: stars))
  }

  private func longCalendar(_ words: [Range<Int>], _ fields: [Field]) throws(ScheduleError) -> Schedule.Form {
    do {
      return try calendar(words, fields)
    } catch {
      if let better = commandAsSchedule(words) { throw better }
      let order = "with \(fields.count) fields the seconds come first" + (fields.count == 7 ? ", the year last" : "")
      throw ScheduleError(
        column: error.column, message: error.message, hint: error.hint.map { "\($0); \(order)" } ?? order,
        code: error.code)
    }
  }

  /// Five good fields and something that can't be a field: a crontab line was given where a schedule is wanted.
  private func commandAsSchedule(_ words: [Range<Int>]) -> ScheduleError? {
    guard words.count > 5, (try? calendar(words, [.minute, .hour, .dayOfMonth, .month, .weekday])) != nil,
      text.bytes[words[5]].contains(where: { $0 | 0x20 >= UInt8(ascii: "a") || $0 == UInt8(ascii: "/") })
    else { return nil }
    var parser = FieldParser(.weekday, in: text, range: words[5], seed: seed)
    if (try? parser.parse()) != nil { return nil }
    return ScheduleError(
      column: words[5].lowerBound + 1, message: "'\(text.slice(words[5]))' looks like a command after the five fields",
      hint: "give the schedule alone: '\(text.slice(words[0].lowerBound..<words[4].upperBound))'",
      code: "command-in-schedule")
  }

  /// Words such as `*`, `?`, `1-5` and `mon-fri` are no commands: the line has seconds, and read without them it would
  /// run at other times. A plain number or name is left to the caller, for users and commands can have such names.
  private func checkNoSixthField(_ word: Range<Int>) throws(ScheduleError) {
    guard text.bytes[word].contains(where: { "*?,-/#~".utf8.contains($0) }) else { return }
    var parser = FieldParser(.weekday, in: text, range: word, seed: seed)
    guard (try? parser.parse()) != nil else { return }
    throw ScheduleError(
      column: word.lowerBound + 1, message: "a sixth field '\(text.slice(word))': crontab lines have five",
      hint: "seconds have no place here; use '@every 30s' or a job in cronwatch.conf", code: "seconds-in-crontab")
  }
}

extension ScheduleParser {
  /// The form of an `@` word and how many words it took.
  private func nickname(_ words: [Range<Int>]) throws(ScheduleError) -> (form: Schedule.Form, used: Int) {
    let word = words[0]
    let name = text.slice(word)
    let lowercased = name.lowercased()
    if lowercased == "@reboot" { return (.reboot, 1) }
    if lowercased == "@every" {
      guard words.count > 1 else {
        throw ScheduleError(
          column: word.upperBound + 1, message: "@every needs a duration", hint: "write @every 90s or @every 1h30m",
          code: "malformed-duration")
      }
      return (.interval(seconds: try DurationText.parse(text, words[1])), 2)
    }
    guard let expression = Nickname.expressions.first(where: { $0.name == lowercased })?.expression else {
      throw ScheduleError(
        column: word.lowerBound + 1, message: "'\(name)' is not a schedule's nickname",
        hint: Nickname.nearest(to: name).map { "did you mean \($0)?" }
          ?? "there are \(Nickname.names.joined(separator: " "))",
        code: "unknown-nickname")
    }
    let parser = ScheduleParser(ScheduleText(Array(expression.utf8)), seed: "")
    return (try parser.parse(.crontabLine), 1)
  }

  /// A schedule in words, an instant, or the refusal of a bare duration; nil for fields.
  private func phrase(_ words: [Range<Int>]) throws(ScheduleError) -> Schedule.Form? {
    let first = words[0]
    if InstantParser.begins(text, first) { return try InstantParser(text: text, words: words).parse() }
    if PhraseWords.begins(text, first) {
      var parser = PhraseParser(text, now: now)
      return try parser.parse()
    }
    let isOneWord = words.count == 1 && DurationText.looksLikeDuration(text.bytes[first])
    let isTwoWords =
      words.count == 2 && text.bytes[first].allSatisfy(PhraseWords.isDigit)
      && PhraseWords.seconds(ofUnit: text.slice(words[1]).lowercased()) != nil
    guard isOneWord || isTwoWords else { return nil }
    // What is no length of time has no reading at all.
    var length = PhraseParser(text, now: now)
    _ = try length.duration(forInterval: true)
    let written = text.slice(first.lowerBound..<words[words.count - 1].upperBound)
    let once = now == nil ? "the instant, as 2026-06-01T09:00:00Z" : "'in \(written)'"
    throw ScheduleError(
      column: first.lowerBound + 1,
      message: "'\(written)' has two readings: every \(written), again and again, or once in \(written) from now",
      hint: "write 'every \(written)' for the first; for the second write \(once)", code: "ambiguous-duration")
  }

  /// Words of a phrase can't begin a crontab line, where what follows the fields is a command.
  private func checkNoPhrase(_ first: Range<Int>) throws(ScheduleError) {
    let word = text.slice(first).lowercased()
    guard PhraseWords.beginnings.contains(word) || word.hasPrefix(CalendarExpressionParser.prefix) else { return }
    throw ScheduleError(
      column: first.lowerBound + 1,
      message: "'\(text.slice(first))' begins a phrase, which a crontab line doesn't take",
      hint: "write five fields or an @ word such as @every 2h, or put the job into cronwatch.conf",
      code: "phrase-in-crontab")
  }

  private func empty(_ dialect: Dialect) -> ScheduleError {
    ScheduleError(
      column: 1, message: "no schedule", hint: "such as '*/5 * * * *' or '@daily'", code: "empty-schedule")
  }

  private func tooFew(_ words: [Range<Int>], _ dialect: Dialect) -> ScheduleError {
    let end = words.last?.upperBound ?? 0
    let count = words.count == 1 ? "1 field" : "\(words.count) fields"
    return ScheduleError(
      column: end + 1, message: "\(count) where five are needed",
      hint: "minute hour day-of-month month day-of-week, such as '*/5 * * * *'", code: "field-count")
  }

  private func trailing(_ word: Range<Int>, after what: String) -> ScheduleError {
    ScheduleError(
      column: word.lowerBound + 1, message: "'\(text.slice(word))' is left over after \(what)",
      hint: "give the schedule alone", code: "field-count")
  }
}
