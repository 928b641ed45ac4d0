import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// A terminal without a screen: a command runs at one end, the test reads and types at the other, pty(7).
final class PseudoTerminal {
  /// TIOCSPTLCK and TIOCGPTN, ioctl_tty(2), which the C library's module doesn't have.
  private static let unlock: UInt = 0x4004_5431
  private static let number: UInt = 0x8004_5430

  private let control: FileDescriptor
  private let line: FileDescriptor
  private var pid: Int32?
  /// All that the command has drawn.
  private(set) var drawn = ""

  init(columns: UInt16, rows: UInt16) throws {
    let raw = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (number, isLocked): (Int32, Int32) = (0, 0)
    guard raw >= 0, ioctl(raw, Self.unlock, &isLocked) == 0, ioctl(raw, Self.number, &number) == 0 else {
      throw Errno(rawValue: errno)
    }
    control = FileDescriptor(owning: raw)
    let end = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard end >= 0 else { throw Errno(rawValue: errno) }
    line = FileDescriptor(owning: end)
    try control.setNonBlocking(true)
    try resize(columns: columns, rows: rows)
  }

  deinit {
    if let pid {
      kill(pid, SIGKILL)
      _ = try? Reaper.wait(for: pid)
    }
  }

  /// Runs the program here, with its errors here too.
  func run(_ arguments: [String], environment: [String: String]) throws {
    pid = try Spawn.start(
      Program.path, arguments: ["cronwatch"] + arguments,
      environment: environment.merging(["TERM": "xterm", "LANG": "C.UTF-8"]) { $1 }.map { "\($0.key)=\($0.value)" },
      descriptors: (0...2).map { .init(child: $0, raw: line.raw) })
  }

  func resize(columns: UInt16, rows: UInt16) throws {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    if ioctl(control.raw, UInt(TIOCSWINSZ), &size) != 0 { throw Errno(rawValue: errno) }
    if pid != nil { try signal(Signal.windowChange) }
  }

  func type(_ keys: String) throws { try control.write(Array(keys.utf8)) }

  func signal(_ number: Int32) throws { if let pid { kill(pid, number) } }

  /// Waits until the command draws these words; what it drew before doesn't count.
  func wait(for words: String) throws {
    let before = take()
    var seen = ""
    try waitUntil("'\(words)' on the terminal, behind \(before.suffix(400))") {
      seen += take()
      return seen.contains(words)
    }
  }

  /// Waits for the command's end; what it drew until then is in `drawn`.
  func end() throws -> ExitCause {
    guard let running = pid else { throw Errno.noChild }
    let process = try ProcessDescriptor(child: running)
    try waitUntil("the end of the command on the terminal") {
      _ = take()
      return process.hasEnded
    }
    _ = take()
    pid = nil
    return try Reaper.wait(for: running).cause
  }

  /// Whether keys are shown and given by the line, as a shell wants it.
  func isAsBefore() -> Bool {
    var mode = termios()
    guard tcgetattr(line.raw, &mode) == 0 else { return false }
    return mode.c_lflag & tcflag_t(ECHO) != 0 && mode.c_lflag & tcflag_t(ICANON) != 0
  }

  private func take() -> String {
    var text = ""
    while case .bytes(let part)? = try? control.readAvailable(upTo: 65_536) {
      text += String(decoding: part, as: UTF8.self)
    }
    drawn += text
    return text
  }
}
