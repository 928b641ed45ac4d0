internal import CronTime

/// A text of fixed size whose last bytes are the checksum of all before: what one `pwrite` replaces as a whole.
///
/// `body`, then padding, then `crc32c=xxxxxxxx` and a newline. A reader that meets a torn write sees a bad checksum.
enum SealedText {
  /// Bytes of the checksum at the end: `crc32c=`, eight digits and the newline.
  static let sealLength = 16

  /// The body padded to `size` bytes and sealed; a body that is too long is cut, never grown beyond `size`.
  ///
  /// `lineBreak`: whether the seal stands on a line of its own (files) or ends the body's line (rings of lines).
  static func seal(_ body: [UInt8], size: Int, lineBreak: Bool = true) -> [UInt8] {
    let room = max(size - sealLength - 1, 0)
    var bytes = Array(body.prefix(room))
    bytes.reserveCapacity(size)
    while bytes.count < room { bytes.append(UInt8(ascii: " ")) }
    bytes.append(lineBreak ? UInt8(ascii: "\n") : UInt8(ascii: " "))
    let checksum = Checksum.hexadecimal(Checksum.crc32c(bytes))
    bytes.append(contentsOf: "crc32c=\(checksum)\n".utf8)
    return bytes
  }

  /// The body without padding and seal; nil when the checksum doesn't fit.
  static func open(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard bytes.count > sealLength else { return nil }
    let body = bytes.dropLast(sealLength)
    let seal = bytes.suffix(sealLength)
    guard seal.starts(with: "crc32c=".utf8), seal.last == UInt8(ascii: "\n"),
      let expected = Checksum.parseHexadecimal(seal.dropFirst(7).dropLast()), expected == Checksum.crc32c(body)
    else { return nil }
    let end = body.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") } ?? body.startIndex - 1
    return body[body.startIndex..<(end + 1)]
  }
}
