public import CronSystem

/// The open state directory (design §5): owned by the euid, not writable by others, everything below it by openat.
public final class StateDirectory {
  /// The directories in it.
  public enum Subdirectory: String, CaseIterable, Sendable {
    /// Beats and the summary.
    case heartbeat
    /// Segments and snapshots.
    case ledger
    /// What a restarted ticker loads first.
    case lastGood = "last-good"
    /// Jobs added by command.
    case jobs
    /// Pauses of any job.
    case pauses
    /// Zone data as jobs went by it.
    case zones
    /// Worker slots.
    case workers
    /// Kept output of finished runs.
    case output
    /// cronwatch's own log.
    case log
    /// What could not be read.
    case quarantine
  }

  /// Its path as given, for messages and children.
  public let path: String
  /// The open directory.
  public let root: Directory

  private init(path: String, root: consuming Directory) {
    self.path = path
    self.root = root
  }

  /// Opens the directory, made with mode 0700 when `create` says so, and checks owner, mode and format.
  ///
  /// With `create` its directories and its `format` file are there afterwards.
  public static func open(_ path: String, create: Bool) throws(StateError) -> StateDirectory {
    let root: Directory
    do throws(Errno) {
      root = create ? try Directory.create(path) : try Directory.open(path)
    } catch {
      if !create, error == .noEntry || error == .notDirectory { throw StateError(path: path, reason: .missing) }
      throw StateError(path: path, errno: error)
    }
    let state = StateDirectory(path: path, root: root)
    try state.checkOwner()
    try state.checkFormat(create: create)
    if create { try state.makeSubdirectories() }
    return state
  }

  /// Opens one of its directories, made when it is missing.
  public func directory(_ name: Subdirectory) throws(Errno) -> Directory {
    try root.ensureSubdirectory(name.rawValue)
  }

  /// Opens one of its directories and makes nothing: for commands that only look.
  public func existingDirectory(_ name: Subdirectory) throws(Errno) -> Directory {
    try root.openSubdirectory(name.rawValue)
  }

  /// Whether its path still names it; what can't be told counts as yes.
  public var isCurrent: Bool {
    do throws(Errno) {
      return try root.descriptor.status().isSameFile(as: FileStatus.of(path: path))
    } catch {
      return error != .noEntry && error != .notDirectory
    }
  }

  private func checkOwner() throws(StateError) {
    let status: FileStatus
    do { status = try root.descriptor.status() } catch { throw StateError(path: path, errno: error) }
    let user = CurrentProcess.effectiveUser
    if status.userIdentifier != user {
      throw StateError(path: path, reason: .foreignOwner(user: status.userIdentifier, effectiveUser: user))
    }
    if status.permissions & 0o022 != 0 {
      throw StateError(path: path, reason: .writableByOthers(permissions: status.permissions & 0o7777))
    }
  }

  private func checkFormat(create: Bool) throws(StateError) {
    do {
      let bytes = try AtomicFile.read(in: root, name: "format", limit: 64)
      let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      // An unreadable version is damage, and damage never stops cronwatch: only a plainly newer one does.
      if let format = StateFormat(text), format.isForeign {
        throw StateError(path: path, reason: .newerFormat(text))
      }
    } catch let error as StateError {
      throw error
    } catch let error as Errno {
      guard create, error == .noEntry else { return }
      // A full disk must not stop the start; the file is made by a later one.
      do {
        try AtomicFile.replace(in: root, name: "format", bytes: Array("\(StateFormat.current)\n".utf8))
      } catch {
        if error == .accessDenied || error == .notPermitted || error == .readOnly {
          throw StateError(path: path, errno: error)
        }
      }
    } catch {
      return
    }
  }

  private func makeSubdirectories() throws(StateError) {
    for name in Subdirectory.allCases {
      do {
        _ = try directory(name)
      } catch {
        // Something else in the ledger's place is kept, and said by whoever needs the ledger: jobs fire without it.
        if name == .ledger || name == .quarantine { continue }
        throw StateError(path: path + "/" + name.rawValue, errno: error)
      }
    }
  }
}
