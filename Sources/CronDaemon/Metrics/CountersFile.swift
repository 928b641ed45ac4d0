internal import CronSystem
internal import CronWire

/// `heartbeat/counters`: what has happened, for the metrics file; written by the ticker while one is wanted.
final class CountersFile {
  private static let capacity = 256 << 10
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  init(_ state: StateDirectory) { file = InPlaceFile(state, .heartbeat, "counters", capacity: Self.capacity) }

  /// Writes the counters; the error is returned for the log and never thrown.
  @discardableResult
  func write(_ counters: RunCounters) -> Errno? {
    let body = JSONWriter.line(counters.json)
    guard body.count <= Self.capacity - FramedJSON.headerLength else { return .fileTooLarge }
    return file.write(FramedJSON.header(of: body[...]) + body)
  }

  /// The counters; nil = none were ever written, or they don't prove themselves.
  func read() -> RunCounters? {
    file.readFramed().flatMap { RunCounters(json: $0) }
  }
}

/// `heartbeat/metrics`: why the metrics file isn't written as it should be; empty = it is. 1,024 preallocated bytes.
final class MetricsProblemFile {
  private static let size = 1_024
  private let file: InPlaceFile

  /// The file; nothing is opened before it is used.
  init(_ state: StateDirectory) { file = InPlaceFile(state, .heartbeat, "metrics", capacity: Self.size) }

  /// Says what is wrong; nil = nothing. It is only written when that has changed.
  func set(_ problem: String?) {
    guard read() != problem else { return }
    _ = file.write(SealedText.seal(Array((problem ?? "").utf8), size: Self.size))
  }

  /// What is wrong; nil = nothing.
  func read() -> String? {
    guard let body = file.readSealed(), !body.isEmpty else { return nil }
    return String(decoding: body, as: UTF8.self)
  }
}
