/// One process for all time: which boot, which number, started when; never a bare pid.
public struct ProcessIdentity: Hashable, Sendable, CustomStringConvertible {
  /// The boot it lives or lived in.
  public let bootIdentifier: String
  /// Its number in our pid namespace.
  public let pid: Int32
  /// Clock ticks from boot to its start, field 22 of /proc/PID/stat, proc_pid_stat(5).
  public let startTime: UInt64

  /// From stored parts.
  public init(bootIdentifier: String, pid: Int32, startTime: UInt64) {
    self.bootIdentifier = bootIdentifier
    self.pid = pid
    self.startTime = startTime
  }

  /// Of whoever has the pid now, a zombie too; nil when nobody has.
  public static func read(_ pid: Int32) -> ProcessIdentity? {
    ProcessStatus.read(pid).map {
      ProcessIdentity(bootIdentifier: BootIdentifier.current, pid: pid, startTime: $0.startTime)
    }
  }

  /// Of this process.
  public static let currentProcess = ProcessIdentity(
    bootIdentifier: BootIdentifier.current, pid: CurrentProcess.identifier,
    startTime: ProcessStatus.read(CurrentProcess.identifier)?.startTime ?? 0)

  /// Whether exactly this process runs now; a zombie doesn't.
  public var isAlive: Bool {
    if bootIdentifier != BootIdentifier.current { return false }
    guard let status = ProcessStatus.read(pid), status.startTime == startTime else { return false }
    return status.state != "Z" && status.state != "X"
  }

  /// `BOOT/PID/START`, for messages.
  public var description: String { "\(bootIdentifier)/\(pid)/\(startTime)" }
}

/// What /proc/PID/stat tells, proc_pid_stat(5).
public struct ProcessStatus: Hashable, Sendable {
  /// `R` runs, `S` sleeps, `D` waits for a disk, `T` stopped, `t` traced, `Z` ended but not reaped.
  public let state: Character
  /// The parent's pid.
  public let parent: Int32
  /// The process group.
  public let group: Int32
  /// The session.
  public let session: Int32
  /// Field 22: clock ticks from boot to its start.
  public let startTime: UInt64
  /// Whether nothing can keep it from ending: SIGKILL waits for it, or the kernel is taking it apart. Its descriptors
  /// and locks may still be held, for a moment or, on a slow disk, for longer.
  public let isEnding: Bool

  /// Of whoever has the pid; nil when nobody has, or /proc can't be read.
  public static func read(_ pid: Int32) -> ProcessStatus? {
    do throws(Errno) { return try examine(pid) } catch { return nil }
  }

  /// Of whoever has the pid; nil when nobody has, or we may not know. Throws when it can't be told just now: EMFILE,
  /// ENFILE, ENOMEM, EIO.
  public static func examine(_ pid: Int32) throws(Errno) -> ProcessStatus? {
    if pid <= 0 { return nil }
    do throws(Errno) {
      return ProcessStatus(parsing: try FileDescriptor.open("/proc/\(pid)/stat", .read).readToEnd(limit: 4096))
    } catch {
      switch error {
      case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory, .inputOutput: throw error
      default: return nil
      }
    }
  }

  /// From the file's text. The name in brackets may hold anything, so what counts begins after the last bracket.
  init?(parsing bytes: [UInt8]) {
    guard let bracket = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = bytes[(bracket + 1)...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    guard fields.count >= 20, let letter = fields[0].first,
      let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
      let group = Int32(String(decoding: fields[2], as: UTF8.self)),
      let session = Int32(String(decoding: fields[3], as: UTF8.self)),
      let start = UInt64(String(decoding: fields[19], as: UTF8.self))
    else { return nil }
    state = Character(Unicode.Scalar(letter))
    self.parent = parent
    self.group = group
    self.session = session
    startTime = start
    let flags = UInt32(String(decoding: fields[6], as: UTF8.self)) ?? 0
    let pending = fields.count > 28 ? UInt64(String(decoding: fields[28], as: UTF8.self)) ?? 0 : 0
    isEnding =
      letter == UInt8(ascii: "Z") || letter == UInt8(ascii: "X") || flags & Self.endingFlags != 0
      || pending & (1 << UInt64(Signal.kill - 1)) != 0
  }

  /// PF_EXITING and PF_SIGNALED of field 9, include/linux/sched.h: it exits, or dies of a signal.
  private static let endingFlags: UInt32 = 0x4 | 0x400

  /// The children of a single-threaded process; may miss some while they fork, so look until it stays empty.
  public static func children(of pid: Int32) -> [Int32] {
    guard let bytes = smallFile("/proc/\(pid)/task/\(pid)/children", limit: 4 << 20) else { return [] }
    return bytes.split(separator: UInt8(ascii: " ")).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
  }

  /// The words of its command line; nil when it is gone, empty for a zombie or a kernel thread.
  public static func commandLine(of pid: Int32) -> [String]? {
    guard let bytes = smallFile("/proc/\(pid)/cmdline", limit: 4 << 20) else { return nil }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The path of the program that it executes, when no file has that path any more; nil also where that can't be told.
  public static func removedProgram(of pid: Int32) -> String? {
    let mark = " (deleted)"
    do throws(Errno) {
      let target = try linkTarget(ofPath: "/proc/\(pid)/exe")
      guard target.hasSuffix(mark) else { return nil }
      let path = String(target.dropLast(mark.count))
      do throws(Errno) { _ = try FileStatus.of(path: path) } catch { return error == .noEntry ? path : nil }
    } catch {
      return nil
    }
    // Another file has its place: somebody upgrades, and `restart` follows when they like.
    return nil
  }

  private static func smallFile(_ path: String, limit: Int = 4096) -> [UInt8]? {
    do throws(Errno) {
      return try FileDescriptor.open(path, .read).readToEnd(limit: limit)
    } catch {
      return nil
    }
  }
}

/// The boot that we live in.
public enum BootIdentifier {
  /// A UUID in lower case; containers of one host share it, random(4) boot_id.
  public static let current: String = {
    do throws(Errno) {
      let bytes = try FileDescriptor.open("/proc/sys/kernel/random/boot_id", .read).readToEnd(limit: 256)
      return String(decoding: bytes.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self)
    } catch {
      return "unknown"  // no /proc: identities then never match anything written elsewhere
    }
  }()
}

/// `BootIdentifier.current`.
public func bootIdentifier() -> String { BootIdentifier.current }
