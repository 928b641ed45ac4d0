internal import CronSystem

/// A short-lived process of ours that does what may hang: it is heard until a deadline, then killed and left behind.
///
/// A process that waits for a dead mount is in the D state: SIGKILL doesn't end it, and it can't be waited for.
final class Helper {
  /// How its words came to an end.
  enum End: Hashable {
    /// It has said all it had to say.
    case finished
    /// It said nothing more in time.
    case gaveUp
    /// It couldn't be started or heard.
    case failed(Errno)
  }

  /// How long one that has said everything may take to be gone; it has nothing more to do.
  private static let farewellMilliseconds = 1_000
  /// The same of one that was killed.
  private static let killMilliseconds = 50

  private var pipe: FileDescriptor?
  private var pid: Int32?
  private var failure: Errno?

  /// Starts it; what it says on standard output is read later, so that several may be at work.
  ///
  /// With `passesInput` it has our standard input.
  init(_ role: String, _ words: RoleArguments, passesInput: Bool = false) {
    do throws(Errno) {
      // Should our standard input be closed, the pipe takes its number, so that there is one to pass.
      var ends = try Pipe()
      pid = try Spawn.start(
        "/proc/self/exe", arguments: ["cronwatch", "role", role] + words.words,
        environment: Environment.entries(),
        descriptors: [.init(child: 1, raw: ends.writeRaw)] + (passesInput ? [.init(child: 0, raw: 0)] : []))
      try ends.takeWriteEnd().close()
      pipe = ends.takeReadEnd()
    } catch {
      failure = error
    }
  }

  /// All it says until its end, the deadline in CLOCK_MONOTONIC nanoseconds, or `limit` bytes; then it is dismissed.
  func read(until deadline: Int64, limit: Int) -> (bytes: [UInt8], end: End) {
    var bytes: [UInt8] = []
    var end = End.finished
    do throws(Errno) {
      if let failure { throw failure }
      guard let raw = pipe?.raw else { throw .brokenPipe }
      let poller = try Poller()
      try poller.add(raw, token: 0)
      while bytes.count < limit {
        let left = Int((deadline - SystemClock.monotonic()) / 1_000_000)
        if left <= 0 {
          end = .gaveUp
          break
        }
        if try poller.wait(timeoutMilliseconds: left).isEmpty { continue }
        let part = try pipe?.read(upTo: 65_536) ?? []
        if part.isEmpty { break }
        bytes += part
      }
    } catch {
      end = .failed(error)
    }
    dismiss(hasFinished: end == .finished)
    return (bytes, end)
  }

  /// Reaps it if it ends now; else init does so, once we have gone.
  private func dismiss(hasFinished: Bool) {
    guard let pid else { return }
    self.pid = nil
    do throws(Errno) {
      let process = try ProcessDescriptor(child: pid)
      if !hasFinished { try process.signal(Signal.kill) }
      let poller = try Poller()
      try poller.add(process.raw, token: 0)
      _ = try poller.wait(
        timeoutMilliseconds: hasFinished ? Self.farewellMilliseconds : Self.killMilliseconds)
      try Reaper.reap(pid)
    } catch {
      return  // it is nobody's child soon
    }
  }
}
