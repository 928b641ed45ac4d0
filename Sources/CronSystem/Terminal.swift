internal import CLinux

/// The process's terminal as a screen that is redrawn: descriptors 0 and 1.
///
/// Whoever enters must leave, however it ends: a shell can't be used behind a hidden cursor and silent keys.
public final class Terminal {
  /// How large the screen is, in cells.
  public struct Size: Hashable, Sendable {
    /// Cells in a row, ≥ 1.
    public var columns: Int
    /// Rows, ≥ 1.
    public var rows: Int

    /// A screen of that size.
    public init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  /// Keys can be read: descriptor 0 is a terminal too.
  public let hasKeys: Bool
  private var isEntered = false

  /// The terminal of descriptor 1; nil = it is none.
  public init?() {
    guard CurrentProcess.isTerminal(1) else { return nil }
    hasKeys = CurrentProcess.isTerminal(0)
  }

  deinit { leave() }

  /// Turns to the other screen and takes the keys as they are typed, tcsetattr(3).
  public func enter() throws(Errno) {
    if isEntered { return }
    if hasKeys { try Syscall.call { cl_terminal_take_keys(0) } }
    isEntered = true
    try StandardOutput.write("\u{1B}[?1049h\u{1B}[?25l")
  }

  /// Gives the screen and the keys back as they were; does nothing a second time.
  public func leave() {
    guard isEntered else { return }
    isEntered = false
    do { try StandardOutput.write("\u{1B}[?25h\u{1B}[?1049l") } catch {}
    if hasKeys { do { try Syscall.call { cl_terminal_restore(0) } } catch {} }
  }

  /// How large it is now; 80 by 24 where it doesn't say, ioctl_tty(2) TIOCGWINSZ.
  public var size: Size {
    var (columns, rows): (Int32, Int32) = (0, 0)
    do { try Syscall.call { cl_terminal_size(1, &columns, &rows) } } catch {}
    return Size(columns: columns > 0 ? Int(columns) : 80, rows: rows > 0 ? Int(rows) : 24)
  }

  /// The keys that were typed, at most 64 bytes; empty = none any more. Call it only when descriptor 0 is readable.
  public func readKeys() throws(Errno) -> [UInt8] {
    // The terminal may be shared with a shell, so that it stays blocking: one read of what is there doesn't wait.
    let descriptor = FileDescriptor(owning: 0)
    let result: Result<[UInt8], Errno>
    do throws(Errno) { result = .success(try descriptor.read(upTo: 64)) } catch { result = .failure(error) }
    _ = descriptor.release()
    return try result.get()
  }

  /// Gives the screen back, stops this process as ^Z does, and turns to the screen again once it is continued.
  public func suspend() throws(Errno) {
    leave()
    try ProcessDescriptor(ProcessIdentity.currentProcess)?.signal(Signal.stop)
    try enter()
  }
}
