public import CronSystem
internal import CronTime
internal import CronWire

/// `heartbeat/summary`: what status shows beside the verdict; 64 KiB preallocated, rewritten by one pwrite.
///
/// First line `length=… crc32c=…` of the JSON that follows; what stands behind it is left over from longer ones.
public final class SummaryFile {
  private static let capacity = 65_536
  private static let headerLength = 32
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  public init(_ state: StateDirectory) {
    file = InPlaceFile(state, .heartbeat, "summary", capacity: Self.capacity)
  }

  /// Writes the summary; lists that don't fit are shortened. The error is returned for the log and never thrown.
  @discardableResult
  public func write(_ summary: TickerSummary) -> Errno? {
    var fitting = summary
    var body = JSONWriter.line(fitting.json)
    while body.count > Self.capacity - Self.headerLength {
      guard fitting.running.count + fitting.workers.count + fitting.degraded.count > 0 else { return .fileTooLarge }
      fitting.running.removeLast(fitting.running.count - fitting.running.count / 2)
      fitting.workers.removeLast(fitting.workers.count - fitting.workers.count / 2)
      fitting.degraded.removeLast(fitting.degraded.count - fitting.degraded.count / 2)
      body = JSONWriter.line(fitting.json)
    }
    return file.write(Self.header(of: body[...]) + body)
  }

  /// The summary; nil = none was ever written, or it doesn't prove itself.
  public func read() -> TickerSummary? {
    for _ in 0..<8 {
      let bytes: [UInt8]?
      do { bytes = try file.read() } catch { return nil }
      guard let bytes else { return nil }
      if let summary = Self.decode(bytes) { return summary }
    }
    return nil
  }

  private static func decode(_ bytes: [UInt8]) -> TickerSummary? {
    guard bytes.count > headerLength, bytes.starts(with: "length=".utf8),
      let length = Int(String(decoding: bytes[7..<15], as: UTF8.self)), length <= bytes.count - headerLength,
      length >= 0
    else { return nil }
    let body = bytes[headerLength..<(headerLength + length)]
    guard bytes.starts(with: header(of: body)) else { return nil }
    do { return TickerSummary(json: try JSONReader.parse(Array(body))) } catch { return nil }
  }

  private static func header(of body: ArraySlice<UInt8>) -> [UInt8] {
    let digits = String(body.count)
    let length = String(repeating: "0", count: max(8 - digits.count, 0)) + digits
    return Array("length=\(length) crc32c=\(Checksum.hexadecimal(Checksum.crc32c(body)))\n".utf8)
  }
}
