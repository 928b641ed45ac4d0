public import CronSystem
internal import CronWire

/// `heartbeat/summary`: what status shows beside the verdict; 64 KiB preallocated, rewritten by one pwrite.
///
/// First line `length=… crc32c=…` of the JSON that follows; what stands behind it is left over from longer ones.
public final class SummaryFile {
  private static let capacity = 65_536
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  public init(_ state: StateDirectory) {
    file = InPlaceFile(state, .heartbeat, "summary", capacity: Self.capacity, standsIn: true)
  }

  /// Writes the summary; lists that don't fit are shortened. The error is returned for the log and never thrown.
  @discardableResult
  public func write(_ summary: TickerSummary) -> Errno? {
    var fitting = summary
    var body = JSONWriter.line(fitting.json)
    while body.count > Self.capacity - FramedJSON.headerLength {
      guard fitting.running.count + fitting.workers.count + fitting.degraded.count > 0 else { return .fileTooLarge }
      fitting.running.removeLast(fitting.running.count - fitting.running.count / 2)
      fitting.workers.removeLast(fitting.workers.count - fitting.workers.count / 2)
      fitting.degraded.removeLast(fitting.degraded.count - fitting.degraded.count / 2)
      body = JSONWriter.line(fitting.json)
    }
    return file.write(FramedJSON.header(of: body[...]) + body)
  }

  /// The summary; nil = none was ever written, or it doesn't prove itself.
  public func read() -> TickerSummary? {
    file.readFramed().flatMap { TickerSummary(json: $0) }
  }
}
