internal import CLinux
internal import Glibc

/// A Linux error number, errno(3).
public struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number as the kernel gave it.
  public let rawValue: Int32

  /// The error of that number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// ENOENT
  public static let noEntry = Errno(rawValue: ENOENT)
  /// EACCES
  public static let accessDenied = Errno(rawValue: EACCES)
  /// EPERM
  public static let notPermitted = Errno(rawValue: EPERM)
  /// EEXIST
  public static let exists = Errno(rawValue: EEXIST)
  /// EINTR
  public static let interrupted = Errno(rawValue: EINTR)
  /// EAGAIN, the same as EWOULDBLOCK
  public static let wouldBlock = Errno(rawValue: EAGAIN)
  /// ENOSPC
  public static let noSpace = Errno(rawValue: ENOSPC)
  /// EDQUOT
  public static let quotaExceeded = Errno(rawValue: EDQUOT)
  /// EROFS
  public static let readOnly = Errno(rawValue: EROFS)
  /// EXDEV
  public static let crossesDevices = Errno(rawValue: EXDEV)
  /// ETIMEDOUT
  public static let timedOut = Errno(rawValue: ETIMEDOUT)
  /// EIO
  public static let inputOutput = Errno(rawValue: EIO)
  /// EMFILE
  public static let tooManyOpenFiles = Errno(rawValue: EMFILE)
  /// ENFILE
  public static let tooManyOpenFilesInSystem = Errno(rawValue: ENFILE)
  /// ENOMEM
  public static let noMemory = Errno(rawValue: ENOMEM)
  /// EINVAL
  public static let invalidArgument = Errno(rawValue: EINVAL)
  /// ENOTDIR
  public static let notDirectory = Errno(rawValue: ENOTDIR)
  /// EISDIR
  public static let isDirectory = Errno(rawValue: EISDIR)
  /// ENOTEMPTY
  public static let notEmpty = Errno(rawValue: ENOTEMPTY)
  /// ELOOP: also what opening a symbolic link gives where none is followed
  public static let tooManySymbolicLinks = Errno(rawValue: ELOOP)
  /// EMLINK: also what opening a file with several hard links gives where one is demanded
  public static let tooManyLinks = Errno(rawValue: EMLINK)
  /// ENAMETOOLONG
  public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
  /// ESRCH
  public static let noProcess = Errno(rawValue: ESRCH)
  /// ECHILD
  public static let noChild = Errno(rawValue: ECHILD)
  /// EPIPE
  public static let brokenPipe = Errno(rawValue: EPIPE)
  /// ENOEXEC
  public static let notExecutableFormat = Errno(rawValue: ENOEXEC)
  /// E2BIG
  public static let argumentListTooLong = Errno(rawValue: E2BIG)
  /// ETXTBSY: somebody has the program's file open for writing
  public static let textFileBusy = Errno(rawValue: ETXTBSY)
  /// ECANCELED
  public static let cancelled = Errno(rawValue: ECANCELED)
  /// ECONNREFUSED
  public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
  /// ECONNRESET
  public static let connectionReset = Errno(rawValue: ECONNRESET)
  /// EADDRINUSE
  public static let addressInUse = Errno(rawValue: EADDRINUSE)
  /// EMSGSIZE
  public static let messageTooLong = Errno(rawValue: EMSGSIZE)
  /// EOPNOTSUPP
  public static let notSupported = Errno(rawValue: EOPNOTSUPP)
  /// ENODATA
  public static let noData = Errno(rawValue: ENODATA)
  /// ENOSYS
  public static let notImplemented = Errno(rawValue: ENOSYS)
  /// EFBIG
  public static let fileTooLarge = Errno(rawValue: EFBIG)

  /// The symbol, `ENOSPC`; `E?` when unknown, strerrorname_np(3).
  public var name: String { String(cString: cl_errno_name(rawValue)) }

  /// The symbol and the text, `ENOSPC: No space left on device`; never translated.
  public var description: String { "\(name): \(String(cString: cl_errno_text(rawValue)))" }

  /// What the last failed call of this thread left; read it before anything else runs.
  static var current: Errno { Errno(rawValue: errno) }
}

extension Errno {
  /// Errors of one connection, which accept4(2) hands out instead of it.
  var isTransientOfAccept: Bool { rawValue == ECONNABORTED || rawValue == EPROTO }
}
