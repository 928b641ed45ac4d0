internal import CronSystem

/// Hands the lines of a run's output file on to standard output as `name | line`, in the foreground.
///
/// Standard output may be slow or stuck (a paused terminal, a reader that doesn't read): then lines wait in the file,
/// because a worker that blocks enforces no time limit.
struct OutputForwarder: ~Copyable {
  /// What a pipe takes in one piece, pipe(7) PIPE_BUF: so lines of several jobs never mix. Longer lines are cut.
  private static let longestWrite = 4096
  /// How much is read before the loop gets its turn again, in bytes.
  private static let passLimit = 1 << 20
  private static let chunk = 64 * 1024

  private let name: String
  private let escaping: Bool
  private let room: Poller
  /// Whether writing may have to wait: not in a regular file, which no poller takes.
  private let mayWait: Bool
  /// Up to here everything was handed on or is in `partialLine`.
  private var position: Int64 = 0
  private var partialLine: [UInt8] = []

  init(name: String, escaping: Bool) throws(Errno) {
    self.name = name
    self.escaping = escaping
    room = try Poller()
    mayWait = Self.watch(room)
  }

  private static func watch(_ poller: borrowing Poller) -> Bool {
    do {
      try poller.add(1, token: 0, for: .writable)
      return true
    } catch {
      return false
    }
  }

  /// Hands on what is new; false = there is more, but standard output takes no more now or the pass was long enough.
  ///
  /// `keptFrom` is where the file goes on behind what was dropped from its middle. `atEnd` also hands on a last line
  /// without newline, and waits up to 2 s for a slow reader.
  mutating func forward(
    _ file: borrowing FileDescriptor, keptFrom: Int64, atEnd: Bool
  ) -> Bool {
    var passed = 0
    while passed < Self.passLimit || atEnd {
      skipDropped(keptFrom)
      guard drainLines(patient: atEnd) else { return false }
      let bytes: [UInt8]
      do { bytes = try file.read(upTo: Self.chunk, at: position) } catch { return true }
      if bytes.isEmpty {
        if atEnd, !partialLine.isEmpty, hasRoom(patient: true) { write(partialLine[...]) }
        return true
      }
      position += Int64(bytes.count)
      passed += bytes.count
      partialLine += bytes
    }
    return false
  }

  private mutating func skipDropped(_ keptFrom: Int64) {
    guard keptFrom > position else { return }
    partialLine += Array("[cronwatch: \(keptFrom - position) bytes of output were dropped here]\n".utf8)
    position = keptFrom
  }

  /// Hands on the whole lines that were read; false = standard output takes no more.
  private mutating func drainLines(patient: Bool) -> Bool {
    var start = partialLine.startIndex
    let pieceLength = max(80, Self.longestWrite - name.utf8.count - 8)
    var blocked = false
    while !blocked {
      let newline = partialLine[start...].prefix(pieceLength).firstIndex(of: UInt8(ascii: "\n"))
      let end = newline ?? (start + pieceLength)
      guard newline != nil || end <= partialLine.endIndex else { break }
      if hasRoom(patient: patient) {
        write(partialLine[start..<end])
        start = newline.map { $0 + 1 } ?? end
      } else {
        blocked = true
      }
    }
    partialLine.removeFirst(start)
    return !blocked
  }

  private func hasRoom(patient: Bool) -> Bool {
    guard mayWait else { return true }
    do { return try !room.wait(timeoutMilliseconds: patient ? 2_000 : 0).isEmpty } catch { return true }
  }

  /// One write(2) a line.
  private func write(_ line: ArraySlice<UInt8>) {
    var shown = line
    if shown.last == UInt8(ascii: "\r") { shown.removeLast() }
    let bytes =
      escaping ? Array(HumanText.escaped(String(decoding: shown, as: UTF8.self)).utf8) : Array(shown)
    do { try StandardOutput.write(Array("\(name) | ".utf8) + bytes + [UInt8(ascii: "\n")]) } catch {}
  }
}
