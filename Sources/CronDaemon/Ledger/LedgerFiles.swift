public import CronLedger
public import CronSystem

/// The ledger's directory as the pure side sees it: segments by name and by handle.
public final class LedgerFiles: LedgerStorage {
  /// A segment that is open for writing.
  private final class OpenSegment {
    let file: FileDescriptor
    init(_ file: consuming FileDescriptor) { self.file = file }
  }

  private let directory: Directory
  /// Where copies of damaged segments are kept; opened when the first one is.
  private let openQuarantine: () throws(Errno) -> Directory
  private var segments: [Int: OpenSegment] = [:]

  /// The ledger of a state directory, made when it is missing.
  public init(_ state: StateDirectory) throws(Errno) {
    directory = try state.directory(.ledger)
    openQuarantine = { () throws(Errno) in try state.directory(.quarantine) }
  }

  /// The ledger of a state directory for a command that only reads; nothing is made.
  public init(reading state: StateDirectory) throws(Errno) {
    directory = try state.existingDirectory(.ledger)
    openQuarantine = { () throws(Errno) in throw .readOnly }
  }

  /// The descriptor that makes the names durable when it is synced.
  var directoryRaw: Int32 { directory.descriptor.raw }

  // MARK: LedgerReading

  /// The names in the directory, getdents64(2).
  public func list() throws(StorageError) -> [String] {
    do throws(Errno) { return try directory.list() } catch { throw StorageError(error) }
  }

  /// The size of a segment, fstat(2).
  public func size(_ name: String) throws(StorageError) -> Int {
    do throws(Errno) {
      return Int(try directory.openFile(name, .read).size())
    } catch {
      throw StorageError(error)
    }
  }

  /// Part of a segment, pread(2).
  public func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    do throws(Errno) {
      return try directory.openFile(name, .read).read(upTo: count, at: Int64(offset))
    } catch {
      throw StorageError(error)
    }
  }

  // MARK: LedgerStorage

  /// Makes a segment with its blocks allocated, where the file system can.
  public func create(_ name: String, preallocate: Int) throws(StorageError) -> SegmentHandle {
    do throws(Errno) {
      let file = try directory.openFile(name, [.readWrite, .create, .exclusive])
      do throws(Errno) {
        try file.allocate(offset: 0, length: Int64(preallocate))
      } catch {
        // Less room than wanted is no reason not to write what fits.
      }
      let raw = Int(file.raw)
      segments[raw] = OpenSegment(file)
      return SegmentHandle(raw: raw)
    } catch {
      throw StorageError(error)
    }
  }

  /// Writes at an offset, pwrite(2).
  public func write(_ handle: SegmentHandle, at offset: Int, bytes: [UInt8]) throws(StorageError) {
    guard let segment = segments[handle.raw] else { throw StorageError(.failed, "the segment is closed") }
    if Fault.fails("ledger.append") { throw StorageError(.full, "fault point") }
    do throws(Errno) { try segment.file.write(bytes, at: Int64(offset)) } catch { throw StorageError(error) }
  }

  /// Makes a segment's content durable here and now, fdatasync(2).
  public func sync(_ handle: SegmentHandle) throws(StorageError) {
    guard let segment = segments[handle.raw] else { throw StorageError(.failed, "the segment is closed") }
    do throws(Errno) { try segment.file.syncData() } catch { throw StorageError(error) }
  }

  /// Makes the names durable here and now, fsync(2).
  public func syncDirectory() throws(StorageError) {
    do throws(Errno) { try directory.sync() } catch { throw StorageError(error) }
  }

  /// Closes a segment.
  public func close(_ handle: SegmentHandle) { segments[handle.raw] = nil }

  /// Cuts a segment, ftruncate(2).
  public func truncate(_ name: String, to size: Int) throws(StorageError) {
    do throws(Errno) {
      try directory.openFile(name, .readWrite).truncate(to: Int64(size))
    } catch {
      throw StorageError(error)
    }
  }

  /// Removes a segment, unlinkat(2).
  public func remove(_ name: String) throws(StorageError) {
    do throws(Errno) { try directory.unlink(name) } catch { throw StorageError(error) }
  }

  /// Keeps a copy of a segment; an earlier copy of that name stays.
  public func quarantine(_ name: String, as copy: String) throws(StorageError) {
    do throws(Errno) {
      let quarantine = try openQuarantine()
      if try quarantine.status(copy) != nil { return }
      let bytes = try directory.openFile(name, .read).readToEnd(limit: 256 << 20)
      try AtomicFile.replace(in: quarantine, name: copy, bytes: bytes)
    } catch {
      throw StorageError(error)
    }
  }
}

extension StorageError {
  /// What the ledger has to tell apart in what the system said.
  init(_ errno: Errno) {
    let kind: Kind =
      switch errno {
      case .noEntry: .absent
      case .exists: .exists
      case .noSpace, .quotaExceeded: .full
      case .readOnly: .readOnly
      case .accessDenied, .notPermitted, .isDirectory, .tooManySymbolicLinks, .tooManyLinks, .invalidArgument: .refused
      case .fileTooLarge: .tooLarge
      default: .failed
      }
    self.init(kind, errno.description)
  }
}
