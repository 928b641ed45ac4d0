public import CronSystem

/// STATE/log/cronwatch.log and its one older generation, as the descriptors of detached roles.
public final class LogFile {
  /// The file's name in STATE/log.
  public static let name = "cronwatch.log"
  /// The older generation's name.
  public static let olderName = "cronwatch.log.1"
  /// The size in bytes beyond which it is rotated unless the settings say otherwise: 10 MiB.
  public static let defaultLimit: Int64 = 10 << 20

  private static let lookEveryNanoseconds: Int64 = 1_000_000_000
  private let state: StateDirectory
  private let descriptor: Int32
  private let isOurs: Bool
  private var lookedAtNanoseconds: Int64 = .min

  /// Finds out whether the role's log descriptor is the log file; if it isn't, nothing will ever be touched.
  public init(_ state: StateDirectory, descriptor: Int32 = 2) {
    self.state = state
    self.descriptor = descriptor
    isOurs = LogFile.descriptorIsLog(descriptor, in: state)
  }

  /// Opens the log for appending, made when it is missing; for descriptors 1 and 2 of a detached watcher.
  public static func open(in state: StateDirectory) throws(Errno) -> FileDescriptor {
    let directory = try state.directory(.log)
    return try directory.openFile(name, [.write, .create, .append])
  }

  /// The log for a daemon that begins: /dev/null where the disk takes no write, for nothing may keep jobs from firing.
  public static func openForStart(in state: StateDirectory) throws(Errno) -> FileDescriptor {
    do throws(Errno) {
      return try open(in: state)
    } catch {
      guard StandIn.isNeeded(for: error) else { throw error }
      return try FileDescriptor.open("/dev/null", .write)
    }
  }

  /// Reopens the descriptor, and 1 beside it, when somebody rotated or deleted the file; looks at most once a second.
  public func follow(nowNanoseconds: Int64) {
    guard isOurs, nowNanoseconds &- lookedAtNanoseconds >= Self.lookEveryNanoseconds || lookedAtNanoseconds == .min
    else { return }
    lookedAtNanoseconds = nowNanoseconds
    guard !LogFile.descriptorIsLog(descriptor, in: state) else { return }
    reopen()
  }

  /// Looks now, however short ago the last look was.
  func lookAgain(nowNanoseconds: Int64) {
    lookedAtNanoseconds = .min
    follow(nowNanoseconds: nowNanoseconds)
  }

  /// Moves a file that is too large aside and goes on in a new one; only the watcher does this. True = it was done.
  @discardableResult
  public func rotate(limit: Int64 = LogFile.defaultLimit) -> Bool {
    guard isOurs else { return false }
    do throws(Errno) {
      let directory = try state.directory(.log)
      guard let status = try directory.status(Self.name), status.size > limit else { return false }
      try directory.rename(Self.name, to: Self.olderName)
    } catch {
      return false
    }
    reopen()
    return true
  }

  /// Goes on in the log of another state directory, for a role that moves there.
  func move(to other: StateDirectory) {
    if isOurs { reopen(in: other) }
  }

  private func reopen() { reopen(in: state) }

  private func reopen(in state: StateDirectory) {
    do throws(Errno) {
      let target = try FileStatus.of(path: "/proc/self/fd/\(descriptor)")
      let output = try? FileStatus.of(path: "/proc/self/fd/1")
      let file = try LogFile.open(in: state)
      try file.install(as: descriptor)
      if let output, output.isSameFile(as: target) { try file.install(as: 1) }
    } catch {
      // The old file still takes the lines: nothing is lost but the limit.
      return
    }
  }

  private static func descriptorIsLog(_ number: Int32, in state: StateDirectory) -> Bool {
    do throws(Errno) {
      let directory = try state.existingDirectory(.log)
      guard let named = try directory.status(name) else { return false }
      return try FileStatus.of(path: "/proc/self/fd/\(number)").isSameFile(as: named)
    } catch {
      return false
    }
  }
}
