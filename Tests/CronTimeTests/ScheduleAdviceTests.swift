import CronTime
import Testing

/// One row: a schedule and the codes of what is said about it.
struct AdviceRow: Sendable, CustomTestStringConvertible {
  var text: String
  var codes: [String]

  init(_ text: String, _ codes: String...) { (self.text, self.codes) = (text, codes) }

  var testDescription: String { text }
}

@Suite struct ScheduleAdviceTests {
  private static func advice(_ text: String) throws -> [ScheduleWarning] {
    try Schedule.parse(text, dialect: .any, seed: "test").advice
  }

  private static let rows: [AdviceRow] = [
    // Steps that don't come out even.
    AdviceRow("*/7 * * * *", "uneven-step"), AdviceRow("0-59/7 * * * *", "uneven-step"),
    AdviceRow("*/15 * * * *"), AdviceRow("5-59/15 * * * *"), AdviceRow("*/45 * * * *", "uneven-step"),
    AdviceRow("0,45 * * * *"), AdviceRow("10-50/10 * * * *"), AdviceRow("*/7 9 * * *"),
    AdviceRow("*/7 9-17 * * *", "uneven-step"), AdviceRow("*/7 9,17 * * *"), AdviceRow("0 */5 * * *", "uneven-step"),
    AdviceRow("0 */5 * * 1"), AdviceRow("0 */8 * * *"), AdviceRow("0 9,18 * * *"), AdviceRow("0 0,9,18 * * *"),
    AdviceRow("*/25 * * * * *", "uneven-step"), AdviceRow("*/20 * * * * *"),
    AdviceRow("0 0 */2 * *", "uneven-step"), AdviceRow("0 0 1-31/2 * *", "uneven-step"), AdviceRow("0 0 1,15 * *"),
    AdviceRow("0 0 */2 2 *"), AdviceRow("0 0 1 */5 *", "uneven-step"), AdviceRow("0 0 1 */3 *"),
    AdviceRow("0 0 * * */2", "uneven-step"), AdviceRow("0 0 * * 1,3,5"), AdviceRow("every 7 minutes"),
    // Every minute of one hour.
    AdviceRow("* 2 * * *", "every-minute"), AdviceRow("*/1 2 * * 1", "every-minute"), AdviceRow("* 2,3 * * *"),
    AdviceRow("* * * * *"), AdviceRow("0-58 2 * * *"),
    // Which rule holds for the two day fields.
    AdviceRow("0 0 13 * 5", "either-day-matches"), AdviceRow("0 0 1-31 * 5", "either-day-matches"),
    AdviceRow("0 0 13 * 0-6", "either-day-matches"), AdviceRow("0 0 L * 1#1", "either-day-matches"),
    AdviceRow("0 0 */10 * 5", "both-days-must-match"), AdviceRow("0 0 13 * */3", "both-days-must-match"),
    AdviceRow("calendar: Fri *-*-13"), AdviceRow("0 0 13 * *"), AdviceRow("0 0 ? * 5"),
    // Days that not every month has.
    AdviceRow("0 0 31 * *", "short-months"), AdviceRow("0 0 31 1,3 *"), AdviceRow("0 0 30 * *", "short-months"),
    AdviceRow("0 0 29 * *", "short-months"), AdviceRow("0 0 28-31 * *"), AdviceRow("0 0 15,31 * *", "short-months"),
    AdviceRow("0 0 31W * *", "short-months"), AdviceRow("0 0 L * *"), AdviceRow("0 0 * * 5#5", "fifth-weekday"),
    AdviceRow("0 0 * * 5L"),
    // Years without it.
    AdviceRow("0 0 29 2 *", "rare"), AdviceRow("calendar: Mon *-02-29", "rare"),
    AdviceRow("0 0 * 2 1#5", "fifth-weekday", "rare"),
    AdviceRow("0 0 1 1 *"), AdviceRow("0 0 9 1 6 * 2026"),
    // Others.
    AdviceRow("@daily"), AdviceRow("@reboot"), AdviceRow("2026-06-01T09:00:00Z"), AdviceRow("0 0 31 2 *"),
  ]

  @Test(arguments: rows)
  func `advice is given where a schedule surprises, and only there`(_ row: AdviceRow) throws {
    #expect(try Self.advice(row.text).map(\.code) == row.codes)
  }

  @Test(arguments: [
    ("* * 2 * * *", "it fires 3,600 times in the hour that begins at 02:00, not once", "second and as the minute"),
    ("30 * 2 * * *", "it fires every minute of the hour that begins at 02:00, not once", "second and as the minute"),
    ("0 0 * * 5#1,5#5", "most months have no fifth Friday", "5L"),
    ("0 0 * * 1#5,5#5", "most months have no fifth Monday", "1L"),
    ("0 0 * * 5#5", "most months have no fifth Friday: it fires in few of them", "5L"),
    ("0 0 */10 * */2", "both day fields must match, because they begin with '*'", "if neither began with '*'"),
    (
      "0 0 2-30/2 * *",
      "steps of 2 begin anew each month: from day 30 to day 2 it is 3 days in a month of 31 days, not 2", "@every 2d"
    ),
  ])
  func `it says nothing that is true of a simpler schedule only`(text: String, message: String, hint: String) throws {
    let first = try #require(Self.advice(text).first)
    #expect(first.message == message)
    #expect(first.hint?.contains(hint) == true)
  }

  @Test func `it says what happens and what to write, at the field`() throws {
    let uneven = try #require(Self.advice("0 30 */5 * * 1-6").first)
    #expect(uneven.message == "steps of 5 begin anew each day: from hour 20 to hour 0 it is 4 hours, not 5")
    #expect(uneven.hint == "2, 3, 4, 6, 8 and 12 are even; '@every 5h' counts elapsed time instead")
    #expect(uneven.column == 4)
    let either = try #require(Self.advice("0 0 13 * 5").first)
    #expect(either.column == 5)
    #expect(either.hint == "to ask for both write 'calendar: Fri *-*-13 00:00:00'")
    let short = try #require(Self.advice("15 0 0 31 * *").first)
    #expect(short.message == "February, April, June, September and November have no 31st")
    #expect(short.column == 8)
    let rare = try #require(Self.advice("calendar: Mon *-02-29").first)
    #expect(
      rare.message == "only 8 of the 230 years from 1970 to 2199 have a day that matches, 28 to 40 years apart")
  }

  @Test func `none of it is a warning of loading`() throws {
    for row in Self.rows where row.text != "0 0 31 2 *" {
      #expect(try Schedule.parse(row.text, dialect: .any, seed: "test").warnings.isEmpty)
    }
  }
}
