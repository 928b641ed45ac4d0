import CronTestRandom
import CronTestSupport
import CronWire
import Testing

@Suite struct JSONWriterTests {
  static let rows: [(JSONValue, String)] = [
    (JSONValue.null, "null"), (true, "true"), (.integer(.min), "-9223372036854775808"), (0, "0"), (1.0, "1.0"),
    (.number(-0.0), "-0.0"), (0.1, "0.1"), (1e21, "1e+21"), (.number(.infinity), "null"), (.number(.nan), "null"),
    ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#), ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#),
    ("\u{0}\u{1B}[31m", #""\u0000\u001b[31m""#), ("\u{7F}\u{9B}", #""\u007f\u009b""#), ("é€😀", #""é€😀""#),
    ([], "[]"), ([1, [2, nil]], "[1,[2,null]]"), ([:], "{}"), (["b": 1, "a": ["x"]], #"{"b":1,"a":["x"]}"#),
  ]

  @Test(arguments: rows)
  func `writes one compact line`(value: JSONValue, line: String) {
    #expect(JSONWriter.text(value) == line)
    #expect(JSONWriter.line(value) == Array(line.utf8))
  }

  @Test func `absent values are null`() {
    #expect(JSONValue(nil as String?) == .null)
    #expect(JSONValue(nil as Int?) == .null)
    #expect(JSONValue(nil as Bool?) == .null)
    #expect(JSONValue(nil as Double?) == .null)
    #expect(JSONValue("x") == .string("x"))
    #expect(JSONValue(7 as Int32?) == .integer(7))
    #expect(JSONValue(UInt64.max) == .integer(.max))
    #expect(JSONValue(Double.infinity as Double?) == .null)
    #expect(JSONValue(2.5 as Double?) == .number(2.5))
  }

  @Test func `what is written reads back to the same value`() throws {
    var generator = SeededGenerator(seed: 0x5EED_2026)
    for _ in 0..<3000 {
      let value = randomValue(depth: 5, &generator)
      let line = JSONWriter.line(value)
      let read = try JSONReader.parse(line)
      #expect(read == value)
      #expect(JSONWriter.line(read) == line)
      #expect(!line.contains { $0 < 0x20 || $0 == 0x7F }, "a line must be one line")
    }
  }

  /// Every text is either refused or means the same after a second reading; none traps, whatever it holds.
  @Test func `damaged text is refused or read to a fixpoint`() throws {
    var generator = SeededGenerator(seed: 0xBAD_C0DE)
    let alphabet = Array("{}[]\",:\\u0aD8-+.eE1 tfn/\n".utf8) + [0x00, 0x80, 0xC3, 0xED, 0xF4, 0xFF]
    var (accepted, refused) = (0, 0)
    for _ in 0..<20000 {
      var text = JSONWriter.line(randomValue(depth: 3, &generator))
      for _ in 0..<Int.random(in: 1...2, using: &generator) {
        let place = Int.random(in: 0...text.count, using: &generator)
        let byte = alphabet.randomElement(using: &generator) ?? 0
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: text.insert(byte, at: place)
        case 1 where place < text.count: text[place] = byte
        case _ where place < text.count: text.remove(at: place)
        default: text.append(byte)
        }
      }
      guard let value = try? JSONReader.parse(text) else {
        refused += 1
        continue
      }
      accepted += 1
      #expect(try JSONReader.parse(JSONWriter.line(value)) == value)
    }
    #expect(accepted > 500 && refused > 500, "the generator must reach both sides: \(accepted), \(refused)")
  }

  private func randomValue(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &generator))
    case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
    case 3: return .integer(Int64.random(in: -9...9, using: &generator))
    case 4:
      let number = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &generator))
      return .number(number.isFinite ? number : 0.25)
    case 5: return .string(randomText(&generator))
    case 6:
      return .array(
        (0..<Int.random(in: 0..<4, using: &generator)).map { _ in randomValue(depth: depth - 1, &generator) })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0..<4, using: &generator) {
        object[randomText(&generator)] = randomValue(depth: depth - 1, &generator)
      }
      return .object(object)
    }
  }

  private func randomText(_ generator: inout SeededGenerator) -> String {
    let ranges: [ClosedRange<UInt32>] = [
      0...0x1F, 0x20...0x7E, 0x20...0x7E, 0x7F...0xFF, 0x300...0x36F, 0x1F600...0x1F64F,
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0..<8, using: &generator) {
      let range = ranges.randomElement(using: &generator) ?? 0...0
      if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
