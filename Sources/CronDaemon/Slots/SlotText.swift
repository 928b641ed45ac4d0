import CronTime

/// `KEY=value` words of one line of a slot, percent-encoded, with a checksum as the last word.
///
/// Lines are read after crashes at any instant: what isn't whole reads as absent, never as something else.
enum SlotText {
  /// `WORD key=value … crc32c=xxxxxxxx\n`; the sum covers everything before ` crc32c=`.
  static func line(_ word: String, _ fields: [(String, String)]) -> [UInt8] {
    var text = word
    for (key, value) in fields { text += " \(key)=\(PercentEncoding.encode(value))" }
    var bytes = Array(text.utf8)
    let sum = Checksum.crc32c(bytes)
    bytes += Array(" crc32c=\(Checksum.hexadecimal(sum))\n".utf8)
    return bytes
  }

  /// The fields of the first line of `bytes`, when it begins with `word` and its sum is right.
  static func fields(_ word: String, in bytes: [UInt8]) -> [String: String]? {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), end > 16 else { return nil }
    let line = bytes[..<end]
    let sumLength = 16  // " crc32c=" and eight digits
    guard line.count > sumLength else { return nil }
    let body = line.dropLast(sumLength)
    let expected = " crc32c=" + Checksum.hexadecimal(Checksum.crc32c(body))
    guard line.suffix(sumLength).elementsEqual(expected.utf8) else { return nil }
    var words = String(decoding: body, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)[...]
    guard words.popFirst().map(String.init) == word else { return nil }
    var fields: [String: String] = [:]
    for field in words {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let value = PercentEncoding.decode(String(parts[1])) else { return nil }
      fields[String(parts[0])] = value
    }
    return fields
  }

  /// What can be read of a line whose sum may be wrong: the first value of each key.
  static func legibleFields(in bytes: [UInt8]) -> [String: String] {
    var fields: [String: String] = [:]
    for word in bytes.prefix(while: { $0 != 0 && $0 != UInt8(ascii: "\n") }).split(separator: UInt8(ascii: " ")) {
      guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let key = String(decoding: word[..<equals], as: UTF8.self)
      let value = PercentEncoding.decode(String(decoding: word[(equals + 1)...], as: UTF8.self))
      if fields[key] == nil { fields[key] = value }
    }
    return fields
  }

  /// The claim that such a line names; right only if it is one that is looked for.
  static func legibleClaim(in bytes: [UInt8]) -> SlotClaim? {
    let fields = legibleFields(in: bytes)
    guard let run = fields["run"], let sequence = fields["seq"].flatMap({ UInt64($0) }) else { return nil }
    return SlotClaim(run: run, sequence: sequence)
  }
}
