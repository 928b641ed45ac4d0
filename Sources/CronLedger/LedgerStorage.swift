/// Why storage refused; `detail` is for people (`ENOSPC: No space left on device`).
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a caller may have to tell apart.
  public enum Kind: String, Hashable, Sendable {
    /// No such file.
    case absent
    /// A file of this name exists.
    case exists
    /// No space or quota left.
    case full
    /// The file system is read-only.
    case readOnly = "read-only"
    /// Not permitted, a directory, a symbolic link, a file with several links …
    case refused
    /// Larger than the caller can take.
    case tooLarge = "too-large"
    /// Any other failure (EIO …).
    case failed
  }

  /// What a caller may have to tell apart.
  public var kind: Kind
  /// The system's words.
  public var detail: String

  /// Makes an error.
  public init(_ kind: Kind, _ detail: String = "") {
    self.kind = kind
    self.detail = detail
  }

  /// The system's words, or the kind.
  public var description: String { detail.isEmpty ? kind.rawValue : detail }
}

/// Names one open segment of one storage.
public struct SegmentHandle: Hashable, Sendable {
  /// The storage's own number, such as a descriptor or an index.
  public var raw: Int

  /// Makes a handle.
  public init(raw: Int) {
    self.raw = raw
  }
}

/// Reads the files of one ledger directory.
public protocol LedgerReading {
  /// The names in the directory, in any order.
  mutating func list() throws(StorageError) -> [String]
  /// The size in bytes of the file, which must be a regular one with one link.
  mutating func size(_ name: String) throws(StorageError) -> Int
  /// Up to `count` bytes from `offset`; fewer only at the end of the file.
  mutating func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8]
}

extension LedgerReading {
  /// The whole file, if it isn't larger than `limit` bytes.
  public mutating func readAll(_ name: String, limit: Int) throws(StorageError) -> [UInt8] {
    let size = try size(name)
    guard size <= limit else { throw StorageError(.tooLarge, "\(name) has \(size) bytes") }
    return try read(name, from: 0, count: size)
  }
}

/// Reads and writes the files of one ledger directory. Errors are thrown, never ignored and never retried inside.
public protocol LedgerStorage: LedgerReading {
  /// Creates a file that must not exist, with so many NUL bytes already allocated (fewer if that is refused).
  ///
  /// Its name need not be durable before `syncDirectory`.
  mutating func create(_ name: String, preallocate: Int) throws(StorageError) -> SegmentHandle
  /// Opens a file that is there, to be synced.
  mutating func open(_ name: String) throws(StorageError) -> SegmentHandle
  /// Writes all the bytes at the offset.
  mutating func write(_ handle: SegmentHandle, at offset: Int, bytes: [UInt8]) throws(StorageError)
  /// Makes the file's content durable. After an error the file must not be synced again.
  mutating func sync(_ handle: SegmentHandle) throws(StorageError)
  /// Makes the names durable.
  mutating func syncDirectory() throws(StorageError)
  /// Gives the handle back; it isn't used again.
  mutating func close(_ handle: SegmentHandle)
  /// Cuts the file to so many bytes.
  mutating func truncate(_ name: String, to size: Int) throws(StorageError)
  /// Removes the file.
  mutating func remove(_ name: String) throws(StorageError)
  /// Makes the file at least so long, NULs where it grows, with all its space allocated; made when it is missing.
  ///
  /// When it throws, a file that was missing is missing still.
  mutating func allocate(_ name: String, bytes: Int) throws(StorageError)
  /// Gives the file another name, which must not exist, and opens it for writing.
  ///
  /// Which of the names it has need not be durable before `syncDirectory`.
  mutating func rename(_ name: String, to other: String) throws(StorageError) -> SegmentHandle
  /// Keeps a copy of the file in the quarantine under the other name; an earlier copy of that name is kept instead.
  mutating func quarantine(_ name: String, as copy: String) throws(StorageError)
}

/// The names of segments: `000001.log` and on, in the order of their numbers.
public enum SegmentName {
  /// The largest number.
  public static let maximum = 999_999_999

  /// The segment's file name.
  public static func of(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits + ".log"
  }

  /// The number in a file name; nil when it isn't the name of a segment.
  public static func number(_ name: String) -> Int? {
    guard name.hasSuffix(".log"), let number = Int(name.dropLast(4)), (1...maximum).contains(number),
      of(number) == name
    else { return nil }
    return number
  }
}
