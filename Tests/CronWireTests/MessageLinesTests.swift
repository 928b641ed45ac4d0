import CronTestRandom
import CronWire
import Testing

@Suite struct MessageLinesTests {
  private static func lines(_ text: String, limit: Int, piece: Int) -> [MessageLines.Next] {
    var lines = MessageLines(limit: limit)
    var found: [MessageLines.Next] = []
    var rest = Array(text.utf8)[...]
    while true {
      let next = lines.next()
      if next != .incomplete {
        found.append(next)
        if next == .tooLong { return found }
        continue
      }
      if rest.isEmpty { return found }
      let more = Array(rest.prefix(piece))
      rest = rest.dropFirst(min(more.count, lines.room))
      lines.append(more)
    }
  }

  private static func line(_ text: String) -> MessageLines.Next { .line(Array(text.utf8)) }

  @Test(arguments: [1, 2, 3, 7, 100])
  func `lines come out whole however they were cut`(piece: Int) {
    #expect(
      Self.lines("one\n\ntwo\nhal", limit: 10, piece: piece) == [Self.line("one"), Self.line(""), Self.line("two")])
    #expect(Self.lines("", limit: 10, piece: piece).isEmpty)
  }

  @Test(arguments: [1, 5, 100])
  func `a line of just the limit is one, a byte more is the end`(piece: Int) {
    #expect(Self.lines("12345\n6", limit: 5, piece: piece) == [Self.line("12345")])
    #expect(Self.lines("ok\n123456\n", limit: 5, piece: piece) == [Self.line("ok"), .tooLong])
  }

  @Test func `room is never less than a byte, and never more than a line and one`() {
    var lines = MessageLines(limit: 4)
    #expect(lines.room == 5)
    lines.append(Array("123456789".utf8))
    #expect(lines.room == 1)
    let end = lines.next()
    #expect(end == .tooLong)
    var none = MessageLines(limit: -3)
    #expect(none.room == 1)
    none.append([10])
    let empty = none.next()
    #expect(empty == .line([]))
  }
}
