public import CronSystem

/// A beat on disk: 512 preallocated bytes in STATE/heartbeat, rewritten by one pwrite.
public final class HeartbeatFile {
  /// The files that carry a beat.
  public enum Name: String, Sendable {
    /// The ticker's beat.
    case ticker
    /// The last clean tick.
    case success
    /// The watcher's beat.
    case watcher
  }

  private let file: InPlaceFile

  /// The file of that name; nothing is opened before it is used.
  public init(_ state: StateDirectory, _ name: Name) {
    // The watcher is to have few descriptors, and beats rarely; a ticker that has run out of them must beat on.
    file = InPlaceFile(
      state, .heartbeat, name.rawValue, capacity: Beat.fileSize, standsIn: true, keepsOpen: name != .watcher)
  }

  /// Writes a beat. A failure is returned for the log and never thrown: a beat must not fail the tick it proves.
  @discardableResult
  public func write(_ beat: Beat) -> Errno? { file.write(beat.encoded()) }

  /// Whether the last beat went into memory, for the disk refused it.
  var isElsewhere: Bool { file.isElsewhere }

  /// Reads it; a torn reading is repeated a few times.
  public func read() -> BeatReading {
    do throws(Errno) {
      for _ in 0..<8 {
        guard let bytes = try file.read() else { return .missing }
        if let beat = Beat(decoding: bytes) { return .beat(beat) }
      }
      return .damaged
    } catch {
      return .unreadable(error.description)
    }
  }
}

extension Beat {
  /// A beat of this process, now.
  public static func now(
    tick: UInt64, phase: BeatPhase, intervalSeconds: Int64, nextDue: Int64?
  ) -> Beat {
    let me = ProcessIdentity.currentProcess
    return Beat(
      wallSeconds: BeatMoment.now().wallSeconds, pid: me.pid, startTime: me.startTime, boot: me.bootIdentifier,
      monotonicNanoseconds: SystemClock.monotonic(), tick: tick, phase: phase, intervalSeconds: intervalSeconds,
      nextDue: nextDue)
  }

  /// The process that wrote it.
  public var identity: ProcessIdentity {
    ProcessIdentity(bootIdentifier: boot, pid: pid, startTime: startTime)
  }
}

extension BeatMoment {
  /// The clocks now; read it after the beat whose age is wanted.
  public static func now() -> BeatMoment {
    let wall = SystemClock.wall()
    let seconds = wall >= 0 ? wall / 1_000_000 : (wall - 999_999) / 1_000_000
    return BeatMoment(
      wallSeconds: seconds, monotonicNanoseconds: SystemClock.monotonic(), boot: BootIdentifier.current)
  }
}
