public import CronSystem

/// Why a state directory can't be used; `exitStatus` is what a command ends with because of it (design §8).
public struct StateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Hashable, Sendable {
    /// There is none, and it wasn't to be made.
    case missing
    /// It can't be made, or nothing can be made in it.
    case cannotCreate(Errno)
    /// The kernel denies access.
    case denied(Errno)
    /// It belongs to another user.
    case foreignOwner(user: UInt32, effectiveUser: UInt32)
    /// Others may write in it.
    case writableByOthers(permissions: UInt32)
    /// A newer cronwatch wrote it; it is left untouched.
    case newerFormat(String)
  }

  /// The directory, or the path in it that failed.
  public let path: String
  /// What is wrong.
  public let reason: Reason

  /// An error about a path.
  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// An error from the kernel's: EACCES and EPERM are denials, all else means that it can't be made.
  public init(path: String, errno: Errno) {
    self.path = path
    reason = errno == .accessDenied || errno == .notPermitted ? .denied(errno) : .cannotCreate(errno)
  }

  /// The exit status of a refusal.
  static let noPermission: Int32 = 77

  /// 3 missing, 73 can't create, 77 permission.
  public var exitStatus: Int32 {
    switch reason {
    case .missing: 3
    case .cannotCreate, .newerFormat: 73
    case .denied, .foreignOwner, .writableByOthers: Self.noPermission
    }
  }

  /// What to do about it, where that isn't said by the sentence itself.
  public var hint: String? {
    switch reason {
    case .newerFormat: "start that cronwatch again, or give this one a directory of its own with --state"
    default: nil
    }
  }

  /// One sentence with the path.
  public var description: String {
    switch reason {
    case .missing: "\(path): there is no state directory"
    case .cannotCreate(let errno): "\(path): can't create the state directory: \(errno)"
    case .denied(let errno): "\(path): no permission: \(errno)"
    case .foreignOwner(let user, let effective):
      "\(path): the state directory belongs to uid \(user), not to uid \(effective)"
    case .writableByOthers(let permissions):
      "\(path): others may write in the state directory (mode \(String(permissions, radix: 8))); run chmod go-w on it"
    case .newerFormat(let format):
      "\(path): a newer cronwatch wrote it (format \(format), this one knows \(StateFormat.current)): it is left "
        + "untouched, and no job fires"
    }
  }
}
