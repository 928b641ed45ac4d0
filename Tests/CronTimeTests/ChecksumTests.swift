import CronTime
import Testing

@Suite struct ChecksumTests {
  @Test(
    arguments: [
      // RFC 3720 appendix B.4, and the check value of the CRC catalogue.
      ([UInt8]("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), ([UInt8](0..<32), 0x46DD_794E),
      ([UInt8]((0..<32).reversed()), 0x113F_DB5C), ([], 0),
    ] as [([UInt8], UInt32)])
  func `known answers`(bytes: [UInt8], expected: UInt32) {
    #expect(Checksum.crc32c(bytes) == expected)
    #expect(Checksum.crc32c(bytes[...]) == expected)
    #expect(Checksum.crc32c(AnySequence(bytes)) == expected)
  }

  @Test func `pieces chain at every cut`() {
    let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let whole = Checksum.crc32c(bytes)
    for cut in 0...bytes.count {
      #expect(Checksum.crc32c(bytes[cut...], seed: Checksum.crc32c(bytes[..<cut])) == whole)
    }
  }

  @Test(arguments: [0, 1, 0xDEAD_BEEF, .max] as [UInt32])
  func `hexadecimal form reads back`(crc: UInt32) {
    let text = Checksum.hexadecimal(crc)
    #expect(text.utf8.count == 8)
    #expect(Checksum.parseHexadecimal([UInt8](text.utf8)[...]) == crc)
  }

  @Test(arguments: ["", "0000000", "000000000", "0000000G", "DEADBEEF", "+0000000"])
  func `another form of a checksum is refused`(text: String) {
    #expect(Checksum.parseHexadecimal([UInt8](text.utf8)[...]) == nil)
  }
}

@Suite struct PercentEncodingTests {
  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("a b=c%d", "a%20b%3Dc%25d"),
    ("tab\tnewline\nnul\0del\u{7F}", "tab%09newline%0Anul%00del%7F"),
    ("Grüße 東京", "Grüße%20東京"),
  ])
  func `values are written and read back`(text: String, encoded: String) {
    #expect(PercentEncoding.encode(text) == encoded)
    #expect(PercentEncoding.decode(encoded) == text)
  }

  @Test(arguments: ["%", "%2", "%zz", "%20%", " ", "a=b", "%41", "%3d", "a\nb", "\u{7F}"])
  func `a form that encoding never writes is refused`(encoded: String) {
    #expect(PercentEncoding.decode(encoded) == nil)
  }

  @Test func `any bytes survive, and what isn't UTF-8 is no text`() {
    let bytes = [UInt8](0...255)
    var encoded: [UInt8] = []
    PercentEncoding.append(bytes.span, to: &encoded)
    #expect(PercentEncoding.decodeBytes(encoded[...]) == bytes)
    #expect(PercentEncoding.decode(encoded[...]) == nil)
  }
}
