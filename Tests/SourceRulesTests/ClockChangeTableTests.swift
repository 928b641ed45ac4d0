import CronTime
import Testing

@Suite struct ClockChangeTableTests {
  @Test func `the document shows what the code does at gaps and folds`() throws {
    let document = try #require(Repository.text(of: ClockChangeTable.path))
    let part = try #require(
      GeneratedPart(of: document, opening: ClockChangeTable.opening, closing: ClockChangeTable.closing))
    let table = try ClockChangeTable.markdown()
    if Repository.isUpdating {
      #expect(Repository.write(part.replacing(with: table), to: ClockChangeTable.path))
    } else {
      #expect(part.content == table, "CRONWATCH_UPDATE=1 swift test --filter ClockChangeTableTests mends it")
    }
  }

  @Test func `the table has ten schedules in four zones, and the classic answers`() throws {
    let rows = try ClockChangeTable.markdown().split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(rows.count == 40)
    #expect(rows.contains("| `30 2 * * *` | 03:00 (-04:00) | not affected |"))
    #expect(rows.contains("| `0 * * * *` | 01:00 (-05:00), 03:00 (-04:00) | 01:00 (-04:00), 01:00 (-05:00) |"))
  }
}
