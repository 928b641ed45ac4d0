import CronWire
import Testing

@Suite struct JSONReaderTests {
  static let acceptedRows: [(String, JSONValue)] = [
    ("null", JSONValue.null), ("true", true), ("false", false), ("0", 0), ("-1", -1), (" \t\r\n7\n", 7),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1e2", 100.0), ("1E+2", 100.0), ("25e-1", 2.5),
    ("0.5", 0.5), ("-0.5e1", -5.0), ("0e0", 0.0), ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-400", 0.0),
    ("1.0", 1.0),
    (#""""#, ""), (#""a/b\/c""#, "a/b/c"), (#""\"\\\b\f\n\r\t""#, "\"\\\u{8}\u{C}\n\r\t"),
    (#""\u0041\u00e9\u20AC\uD83D\uDE00""#, "Aé€😀"), (#""\u0000""#, "\0"), ("\"\u{7F}\u{2028}😀\"", "\u{7F}\u{2028}😀"),
    ("[]", []), ("[ ]", []), ("[1,2 , [3]]", [1, 2, [3]]), ("{}", [:]), ("{ }", [:]),
    (#"{"a":1 , "b" :{"a":null}}"#, ["a": 1, "b": ["a": nil]]),
    (#"{"":1,"A":2,"a":3}"#, ["": 1, "A": 2, "a": 3]),
  ]

  @Test(arguments: acceptedRows)
  func `accepts what RFC 8259 describes`(text: String, value: JSONValue) throws {
    #expect(try JSONReader.parse(Array(text.utf8)) == value)
  }

  static let refusedRows: [(String, JSONError.Reason, Int)] = [
    ("", JSONError.Reason.unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
    ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("{\"a\"", .unexpectedEnd, 4), ("\"a", .unexpectedEnd, 2),
    ("\"\\", .unexpectedEnd, 2), ("\"\\u00", .unexpectedEnd, 5), ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2),
    ("1e", .unexpectedEnd, 2), ("True", .unexpectedByte, 0), ("nulL", .unexpectedByte, 3), ("'a'", .unexpectedByte, 0),
    ("[1,]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3),
    ("{\"a\":1,}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1), ("{\"a\" 1}", .unexpectedByte, 5),
    ("{1:1}", .unexpectedByte, 1), ("[}", .unexpectedByte, 1), ("{]", .unexpectedByte, 1), ("+1", .unexpectedByte, 0),
    (".5", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0),
    ("/**/1", .unexpectedByte, 0), ("\u{FEFF}1", .unexpectedByte, 0), ("\u{A0}1", .unexpectedByte, 0),
    ("1 2", .trailingBytes, 2), ("{}x", .trailingBytes, 2), ("1]", .trailingBytes, 1), ("1\0", .trailingBytes, 1),
    ("0x10", .trailingBytes, 1), ("nullnull", .trailingBytes, 4), ("01", .malformedNumber, 0),
    ("-01", .malformedNumber, 0), ("00", .malformedNumber, 0), ("-a", .malformedNumber, 1),
    ("1.e1", .malformedNumber, 2), ("1e+x", .malformedNumber, 3), ("-Infinity", .malformedNumber, 1),
    ("1e999", .numberOutOfRange, 0), ("-1e999", .numberOutOfRange, 0), ("\"a\u{1}\"", .controlCharacter, 2),
    ("\"a\nb\"", .controlCharacter, 2), ("\"\0\"", .controlCharacter, 1), (#""\x41""#, .malformedEscape, 1),
    (#""\u00g0""#, .malformedEscape, 5), (#""\U0041""#, .malformedEscape, 1), (#""\uD800""#, .loneSurrogate, 1),
    (#""\uDC00""#, .loneSurrogate, 1), (#""\uD800\u0041""#, .loneSurrogate, 1), (#""\uD83D\n""#, .loneSurrogate, 1),
    (#""\uDE00\uD83D""#, .loneSurrogate, 1), (#"{"a":1,"b":2,"a":3}"#, .duplicateKey, 13),
    (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7), (#"[{"x":{"a":1,"a":1}}]"#, .duplicateKey, 13),
  ]

  @Test(arguments: refusedRows)
  func `refuses everything else, and says where`(text: String, reason: JSONError.Reason, offset: Int) {
    #expect(throws: JSONError(reason: reason, offset: offset)) { try JSONReader.parse(Array(text.utf8)) }
  }

  /// Overlong forms, encoded surrogates, stray and missing continuation bytes, scalars past U+10FFFF.
  @Test(
    arguments: [
      [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0xC3, 0x5C, 0x6E, 0xA9],
    ] as [[UInt8]])
  func `refuses strings that are no UTF-8`(raw: [UInt8]) {
    let text = [UInt8(ascii: "\"")] + raw + [UInt8(ascii: "\"")]
    #expect(throws: JSONError(reason: .invalidUTF8, offset: 1)) { try JSONReader.parse(text) }
  }

  @Test func `names are compared byte by byte`() throws {
    let text = "{\"\u{E9}\":1,\"e\u{301}\":2}"
    let value = try JSONReader.parse(Array(text.utf8))
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
  }

  @Test(arguments: [(64, "[", "]"), (64, "{\"a\":", "}"), (3, "[", "]"), (1, "[", "]")])
  func `nests to the limit and no deeper`(depth: Int, open: String, close: String) throws {
    func nested(_ levels: Int) -> [UInt8] {
      Array((String(repeating: open, count: levels) + "0" + String(repeating: close, count: levels)).utf8)
    }
    let limits = JSONLimits(depth: depth)
    _ = try JSONReader.parse(nested(depth), limits: limits)
    let offset = depth * open.utf8.count
    #expect(throws: JSONError(reason: .tooDeep, offset: offset)) {
      try JSONReader.parse(nested(depth + 1), limits: limits)
    }
    #expect(throws: JSONError(reason: .tooDeep, offset: offset)) {
      try JSONReader.parse(nested(100_000), limits: limits)
    }
  }

  @Test func `a limit of depth beyond what the stack bears is lowered`() {
    #expect(JSONLimits(depth: .max).depth == 512)
    #expect(JSONLimits(bytes: .min, depth: .min) == JSONLimits(bytes: 0, depth: 0))
  }

  @Test func `refuses a text beyond the size limit without reading it`() throws {
    #expect(try JSONReader.parse(Array("[12]".utf8), limits: JSONLimits(bytes: 4)) == [12])
    #expect(throws: JSONError(reason: .tooLarge, offset: 4)) {
      try JSONReader.parse(Array("?????".utf8), limits: JSONLimits(bytes: 4))
    }
  }

  @Test func `a number may be long, not endless`() throws {
    let exact = "0." + String(repeating: "3", count: 1022)
    #expect(try JSONReader.parse(Array(exact.utf8)).numberValue == 1.0 / 3)
    #expect(throws: JSONError(reason: .numberOutOfRange, offset: 0)) { try JSONReader.parse(Array((exact + "3").utf8)) }
  }

  @Test(arguments: JSONError.Reason.allCases)
  func `a refusal reads as a sentence with its place`(reason: JSONError.Reason) {
    #expect(JSONError(reason: reason, offset: 17).description == "byte 17: \(reason.rawValue)")
  }
}
