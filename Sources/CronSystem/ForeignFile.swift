/// Why a file that others write could not be taken.
public enum ForeignFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The system call that failed said this.
  case system(Errno)
  /// It is a FIFO, a directory, a device …
  case notRegular(FileStatus.Kind)
  /// Longer than the limit, in bytes.
  case tooLarge(limit: Int)

  /// A phrase for messages.
  public var description: String {
    switch self {
    case .system(let error): error.description
    case .notRegular(let kind): "is \(kind.rawValue), not a regular file"
    case .tooLarge(let limit): "is larger than \(limit % 1_048_576 == 0 ? "\(limit >> 20) MiB" : "\(limit) bytes")"
    }
  }
}

/// Files that users name and write, such as crontabs: links are followed, nothing in them may hang or flood us.
public enum ForeignFile {
  /// The bytes and the status of the open file that they came from.
  public struct Contents: Hashable, Sendable {
    /// All bytes.
    public let bytes: [UInt8]
    /// Taken from the open descriptor before reading.
    public let status: FileStatus
  }

  /// Reads a regular file of at most `limit` bytes; a FIFO is refused instead of waited for.
  public static func read(_ path: String, limit: Int) throws(ForeignFileError) -> Contents {
    let result: Result<Contents, ForeignFileError>
    do throws(Errno) {
      result = try attempt(path, limit: limit)
    } catch {
      throw error == .fileTooLarge ? .tooLarge(limit: limit) : .system(error)
    }
    return try result.get()
  }

  private static func attempt(_ path: String, limit: Int) throws(Errno) -> Result<Contents, ForeignFileError> {
    let file = try FileDescriptor.open(path, [.read, .nonBlocking])
    let status = try file.status()
    if status.kind != .regular { return .failure(.notRegular(status.kind)) }
    return .success(Contents(bytes: try file.readToEnd(limit: limit), status: status))
  }
}
