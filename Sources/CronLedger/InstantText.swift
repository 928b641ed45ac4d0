import CronTime

/// Instants as ledger lines hold them: `2026-06-18T12:00:00Z`, with six digits of fraction unless they are all zero.
///
/// One form per instant, read and written without a `String`: replay reads several of them in each record.
/// Instants outside the years 1–9999 are written as the nearest that can be.
enum InstantText {
  private static let first: Int64 = -62_135_596_800_000_000
  private static let last: Int64 = 253_402_300_799_999_999

  static func append(_ instant: Instant, to output: inout [UInt8]) {
    let microseconds = min(max(instant.microseconds, first), last)
    var seconds = microseconds / 1_000_000
    var fraction = microseconds % 1_000_000
    if fraction < 0 {
      fraction += 1_000_000
      seconds -= 1
    }
    var days = seconds / 86_400
    var second = seconds % 86_400
    if second < 0 {
      second += 86_400
      days -= 1
    }
    let (year, month, day) = date(days)
    append(year, digits: 4, to: &output)
    output.append(UInt8(ascii: "-"))
    append(month, digits: 2, to: &output)
    output.append(UInt8(ascii: "-"))
    append(day, digits: 2, to: &output)
    output.append(UInt8(ascii: "T"))
    append(second / 3600, digits: 2, to: &output)
    output.append(UInt8(ascii: ":"))
    append(second / 60 % 60, digits: 2, to: &output)
    output.append(UInt8(ascii: ":"))
    append(second % 60, digits: 2, to: &output)
    if fraction != 0 {
      output.append(UInt8(ascii: "."))
      append(fraction, digits: 6, to: &output)
    }
    output.append(UInt8(ascii: "Z"))
  }

  /// Reads exactly what `append` writes; nil for anything else.
  static func parse(_ text: ArraySlice<UInt8>) -> Instant? {
    let start = text.startIndex
    guard text.count == 20 || text.count == 27, text[text.endIndex - 1] == UInt8(ascii: "Z"),
      text[start + 4] == UInt8(ascii: "-"), text[start + 7] == UInt8(ascii: "-"),
      text[start + 10] == UInt8(ascii: "T"), text[start + 13] == UInt8(ascii: ":"),
      text[start + 16] == UInt8(ascii: ":"),
      let year = number(text, start, 4), let month = number(text, start + 5, 2), let day = number(text, start + 8, 2),
      let hour = number(text, start + 11, 2), let minute = number(text, start + 14, 2),
      let second = number(text, start + 17, 2), year >= 1, hour < 24, minute < 60, second < 60
    else { return nil }
    var fraction: Int64 = 0
    if text.count == 27 {
      guard text[start + 19] == UInt8(ascii: "."), let digits = number(text, start + 20, 6), digits > 0 else {
        return nil
      }
      fraction = digits
    }
    guard (1...12).contains(month), (1...31).contains(day) else { return nil }
    let days = days(year: year, month: month, day: day)
    // A 31 February would come back as another date.
    guard day <= 28 || date(days).day == day else { return nil }
    return Instant(microseconds: (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + fraction)
  }

  /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, counted in eras of 400 years from March on.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // Year 1 begins 306 days after the era does, so that the sum is never negative.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func append(_ value: Int64, digits count: Int, to output: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<count { divisor *= 10 }
    while divisor > 0 {
      output.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
  }

  private static func number(_ text: ArraySlice<UInt8>, _ start: Int, _ count: Int) -> Int64? {
    var value: Int64 = 0
    for index in start..<start + count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }
}
