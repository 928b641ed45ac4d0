extension PhraseParser {
  /// `2h30m`, `90 seconds`, `1 hour and 30 minutes`: units from large to small, each once.
  mutating func duration(forInterval: Bool) throws(ScheduleError) -> Int64 {
    guard let first = current else {
      throw atEnd("incomplete-phrase", "a length of time is missing", hint: "such as 45m or 2h30m")
    }
    var total: Int64 = 0
    var smallest = Int64.max
    while let token = current {
      var start = token
      if start.range.lowerBound != first.range.lowerBound {
        // Between two parts there may be a comma or `and`.
        if token.word == "and" || token.word == ",", let next = following, next.beginsWithDigit {
          index += 1
          start = next
        }
        guard start.beginsWithDigit else { break }
      }
      try parts(of: start, total: &total, smallest: &smallest, forInterval: forInterval)
    }
    guard total >= 1, total <= DurationText.longest else {
      throw error(
        first, "interval-out-of-range", "a length of time must be between 1 second and 100 years",
        hint: "such as 90s or 1h30m")
    }
    return total
  }

  /// The numbers and units of one word, and the unit in the next word when the last number has none.
  private mutating func parts(
    of token: PhraseToken, total: inout Int64, smallest: inout Int64, forInterval: Bool
  ) throws(ScheduleError) {
    index += 1
    let bytes = text.bytes
    var position = token.range.lowerBound
    let end = token.range.upperBound
    while position < end {
      let start = position
      var count: Int64 = 0
      while position < end, PhraseWords.isDigit(bytes[position]) {
        count = min(count * 10 + Int64(bytes[position] - UInt8(ascii: "0")), DurationText.longest + 1)
        position += 1
      }
      guard position > start else { throw notADuration(at: position) }
      let unitStart = position
      while position < end, isLetter(bytes[position]) { position += 1 }
      var unit = unitStart..<position
      if unit.isEmpty {
        if position < end { throw notADuration(at: position) }
        guard let next = current, isLetter(next.first) else { throw missingUnit(token, behind: smallest) }
        unit = next.range
        index += 1
      }
      guard let size = PhraseWords.seconds(ofUnit: text.slice(unit).lowercased()) else {
        throw unknownUnit(unit, forInterval: forInterval)
      }
      guard size < smallest else {
        throw ScheduleError(
          column: unit.lowerBound + 1, message: "'\(text.slice(unit))' comes after a unit that isn't larger",
          hint: "write each unit once, large ones first: 1h30m", code: "malformed-duration")
      }
      smallest = size
      total = total.addingSaturating(count.multipliedSaturating(by: size))
    }
  }

  private func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") }

  private func notADuration(at position: Int) -> ScheduleError {
    let isFraction = text.bytes[position] == UInt8(ascii: ".")
    return ScheduleError(
      column: position + 1,
      message: isFraction
        ? "fractions aren't possible in lengths of time"
        : "'\(text.character(at: position))' has no place in a length of time",
      hint: "write whole numbers with w, d, h, m or s, such as 1h30m", code: "malformed-duration")
  }

  private func missingUnit(_ token: PhraseToken, behind smallest: Int64) -> ScheduleError {
    let written = text.slice(token.range)
    let hint =
      switch smallest {
      case ...1: "seconds come last: write 1h30m or 90s"
      case ...60: "write \(written)s or '\(written) seconds'; units are w, d, h, m and s"
      default: "write \(written)m or '\(written) minutes'; units are w, d, h, m and s"
      }
    return ScheduleError(
      column: token.range.upperBound, message: "a length of time without a unit", hint: hint,
      code: "malformed-duration")
  }

  private func unknownUnit(_ unit: Range<Int>, forInterval: Bool) -> ScheduleError {
    let written = text.slice(unit)
    let column = unit.lowerBound + 1
    let word = written.lowercased()
    if ["mo", "month", "months", "quarter", "quarters", "y", "year", "years"].contains(word) {
      return ScheduleError(
        column: column,
        message: "a \(word.hasPrefix("m") ? "month" : word.hasPrefix("q") ? "quarter" : "year") has no fixed length",
        hint: forInterval
          ? "write 'monthly on the 1st at 03:00', or cron fields such as '0 3 1 */3 *'" : "write days or weeks",
        code: "malformed-duration")
    }
    let nearest = PhraseWords.nearest(to: word, among: PhraseWords.units.flatMap(\.names))
    return ScheduleError(
      column: column, message: "'\(written)' is no unit of time",
      hint: nearest.map { "did you mean '\($0)'?" } ?? "units are w, d, h, m and s, or their names",
      code: "malformed-duration")
  }
}
