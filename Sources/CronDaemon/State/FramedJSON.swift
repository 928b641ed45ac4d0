internal import CronTime
internal import CronWire

/// JSON in a file that is longer: `length=… crc32c=…` and a newline, then that many bytes.
enum FramedJSON {
  static let headerLength = 32

  static func header(of body: ArraySlice<UInt8>) -> [UInt8] {
    let digits = String(body.count)
    let length = String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    return Array("length=\(length) crc32c=\(Checksum.hexadecimal(Checksum.crc32c(body)))\n".utf8)
  }

  /// How long the header says that the body is; nil when it isn't one.
  static func length(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= headerLength, bytes.starts(with: "length=".utf8),
      let length = Int(String(decoding: bytes[7..<15], as: UTF8.self)), length >= 0
    else { return nil }
    return length
  }

  /// The value; nil when the bytes don't prove themselves.
  static func decode(_ bytes: [UInt8]) -> JSONValue? {
    guard let length = length(bytes), length <= bytes.count - headerLength else { return nil }
    let body = bytes[headerLength..<(headerLength + length)]
    guard bytes.starts(with: header(of: body)) else { return nil }
    do { return try JSONReader.parse(Array(body)) } catch { return nil }
  }
}
