internal import CronSystem
internal import CronTime

/// Writes the log of one role: one write(2) a line to its descriptor.
///
/// Nobody waits for who reads it: where the descriptor is a pipe, socket or terminal that takes no more, lines are
/// lost, and the next that is taken says how many.
///
/// Only roles and commands hold one; libraries return what happened. When the descriptor is STATE/log/cronwatch.log,
/// the logger follows its rotation, and the watcher's also rotates it.
public final class Logger {
  /// How a role logs.
  public struct Settings: Hashable, Sendable {
    /// The least urgent level that is written.
    public var level: LogLevel
    /// Text or JSON.
    public var format: LogFormat
    /// Whether the journal reads the lines: they carry its priority prefix and no time.
    public var journald: Bool
    /// Where the lines go; 2 unless the role's standard error is kept for its last words.
    public var descriptor: Int32

    /// How a role logs.
    public init(
      level: LogLevel = .info, format: LogFormat = .text, journald: Bool = false, descriptor: Int32 = 2
    ) {
      self.level = level
      self.format = format
      self.journald = journald
      self.descriptor = descriptor
    }
  }

  private let role: String
  private let settings: Settings
  private let file: LogFile?
  private let output: LossyOutput
  private var lostLines = 0

  /// A logger of a role; `file` when its descriptor may be the state directory's log file.
  public init(role: String, settings: Settings, file: LogFile? = nil) {
    self.role = role
    self.settings = settings
    self.file = file
    output = LossyOutput(settings.descriptor)
  }

  /// Whether descriptor 2 is the journal's stream, as `JOURNAL_STREAM` claims (systemd.exec(5)).
  public static func isJournal(environment: (String) -> String?) -> Bool {
    guard let stream = environment("JOURNAL_STREAM") else { return false }
    let parts = stream.split(separator: ":")
    guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]) else { return false }
    do throws(Errno) {
      let status = try FileStatus.of(path: "/proc/self/fd/2")
      return status.device == device && status.inode == inode
    } catch {
      return false
    }
  }

  /// Something is broken and needs a person.
  public func error(_ message: String, _ fields: LogField...) { write(.error, message, fields) }
  /// Something is wrong, and cronwatch copes.
  public func warning(_ message: String, _ fields: LogField...) { write(.warning, message, fields) }
  /// What an operator wants to know.
  public func info(_ message: String, _ fields: LogField...) { write(.info, message, fields) }
  /// What a developer wants to know.
  public func debug(_ message: String, _ fields: LogField...) { write(.debug, message, fields) }

  /// Goes on in the file that has the log's name now: somebody moved the old one.
  public func reopenFile() { file?.lookAgain(nowNanoseconds: SystemClock.monotonic()) }

  /// Writes a line if its level is wanted. A log that can't be written never fails the one who logs.
  public func write(_ level: LogLevel, _ message: String, _ fields: [LogField]) {
    guard level >= settings.level else { return }
    file?.follow(nowNanoseconds: SystemClock.monotonic())
    if lostLines > 0, put(.warning, "log lines were lost: nobody took them", [LogField("count", lostLines)]) {
      lostLines = 0
    }
    if !put(level, message, fields) { lostLines += 1 }
  }

  private func put(_ level: LogLevel, _ message: String, _ fields: [LogField]) -> Bool {
    let record = LogRecord(
      at: Instant(microseconds: SystemClock.wall()), level: level, role: role, message: message, fields: fields)
    return output.write(record.line(format: settings.format, journald: settings.journald))
  }
}
