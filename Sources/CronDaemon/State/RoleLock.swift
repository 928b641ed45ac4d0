public import CronSystem

/// What asking for a role's lock found, without taking anything.
public enum LockState: Hashable, Sendable {
  /// Nobody holds it.
  case free
  /// It is held; by whom, when that could be read and is alive.
  case held(ProcessIdentity?)

  /// Whether somebody holds it.
  public var isHeld: Bool { self != .free }

  /// The holder, when it could be told.
  public var holder: ProcessIdentity? {
    if case .held(let identity) = self { identity } else { nil }
  }
}

/// What trying to take a role's lock found.
public enum LockAttempt {
  /// It is ours until the `RoleLock` goes.
  case taken(RoleLock)
  /// Another process has it.
  case busy(ProcessIdentity?)
}

/// A held OFD lock on `watcher.lock` or `ticker.lock`: at most one process a state directory has each.
///
/// The kernel doesn't say who holds an OFD lock, so the holder writes its identity into the file; the lock alone is
/// the proof of life, the identity only tells whose.
public final class RoleLock {
  /// The roles that exist once a state directory.
  public enum Role: String, Sendable {
    /// The watcher.
    case watcher
    /// The ticker.
    case ticker

    /// The lock's file name.
    public var fileName: String { rawValue + ".lock" }
  }

  private static let size = 256

  /// Whose lock it is.
  public let role: Role
  private let state: StateDirectory
  private let file: FileDescriptor
  /// The file is in memory, for the state directory can't be written.
  private let isStandIn: Bool

  private init(role: Role, state: StateDirectory, file: consuming FileDescriptor, isStandIn: Bool) {
    self.role = role
    self.state = state
    self.file = file
    self.isStandIn = isStandIn
  }

  /// Tries once, never waits. Errors other than contention (EMFILE, ENOSPC …) are thrown: they aren't "busy".
  public static func take(_ role: Role, in state: StateDirectory) throws(Errno) -> LockAttempt {
    // The file can be replaced between opening and locking: a lock on a file that the path doesn't name is worthless.
    for _ in 0..<16 {
      let file: FileDescriptor
      do throws(Errno) {
        file = try state.root.openFile(role.fileName, [.readWrite, .create])
      } catch {
        if StandIn.isNeeded(for: error) {
          let refusal = error
          // Where nothing can stand in, the disk's own words say what is wrong.
          do throws(Errno) { return try takeInMemory(role, in: state) } catch { throw refusal }
        }
        guard isNoLockFile(error) else { throw error }
        try putAside(role, in: state)
        continue
      }
      guard try FileLock.tryLock(file) else { return .busy(identity(in: file, tries: 50)) }
      guard try FileLock.lockedFileIsCurrent(file, in: state.root, name: role.fileName) else { continue }
      // Taken before the other one is looked at, as by whoever comes the other way: one of the two sees the other.
      if case .held(let holder) = try queryInMemory(role, in: state) { return .busy(holder) }
      sign(file)
      return .taken(RoleLock(role: role, state: state, file: file, isStandIn: false))
    }
    throw .wouldBlock
  }

  /// A descriptor of the lock for the program that this process executes next; see `keep`.
  func inheritable() throws(Errno) -> FileDescriptor { try file.duplicate(closeOnExec: false) }

  /// The lock that this process held before it executed another program; nil when the path names another file by now.
  static func keep(_ role: Role, in state: StateDirectory, raw: Int32) throws(Errno) -> RoleLock? {
    let file = try FileDescriptor.inherited(raw)
    guard try FileLock.tryLock(file) else { return nil }
    if try FileLock.lockedFileIsCurrent(file, in: state.root, name: role.fileName) {
      return RoleLock(role: role, state: state, file: file, isStandIn: false)
    }
    let lock = RoleLock(role: role, state: state, file: file, isStandIn: true)
    do throws(Errno) { return try lock.isCurrent() ? lock : nil } catch { return nil }
  }

  /// On a disk that turned read-only no file can be locked, neither by us nor by anybody else; who locked it before
  /// still has it.
  private static func takeInMemory(_ role: Role, in state: StateDirectory) throws(Errno) -> LockAttempt {
    let file = try StandIn.open(state, create: true).openFile(role.fileName, [.readWrite, .create])
    guard try FileLock.tryLock(file) else { return .busy(identity(in: file, tries: 50)) }
    if case .held(let holder) = try queryOnDisk(role, in: state) { return .busy(holder) }
    sign(file)
    return .taken(RoleLock(role: role, state: state, file: file, isStandIn: true))
  }

  private static func sign(_ file: borrowing FileDescriptor) {
    let me = ProcessIdentity.currentProcess
    var fields = TextFields()
    fields.set("pid", me.pid)
    fields.set("start_time", me.startTime)
    fields.set("boot_id", me.bootIdentifier)
    let bytes = SealedText.seal(fields.encoded(separator: "\n"), size: size)
    // Not knowing whose a lock is costs a message; not starting on a full disk would cost the jobs.
    do { try file.write(bytes, at: 0) } catch {}
  }

  /// Asks who holds a role's lock; takes nothing, so that a question never makes a starter fail.
  public static func query(_ role: Role, in state: StateDirectory) throws(Errno) -> LockState {
    let found = try queryOnDisk(role, in: state)
    return found.isHeld ? found : try queryInMemory(role, in: state)
  }

  private static func queryOnDisk(_ role: Role, in state: StateDirectory) throws(Errno) -> LockState {
    do throws(Errno) {
      return try holder { () throws(Errno) in try state.root.openFile(role.fileName, .read) }
    } catch {
      if error == .noEntry || isNoLockFile(error) { return .free }
      throw error
    }
  }

  private static func queryInMemory(_ role: Role, in state: StateDirectory) throws(Errno) -> LockState {
    do throws(Errno) {
      return try holder { () throws(Errno) in try StandIn.open(state, create: false).openFile(role.fileName, .read) }
    } catch {
      guard StandIn.isAbsent(error) else { throw error }
      return .free
    }
  }

  /// What one look at a lock's file shows.
  private enum Look {
    case free
    case process(Int32)
    /// Held, and who says so in it; nil = nobody does.
    case signed(ProcessIdentity?)
  }

  private static func holder(opening open: () throws(Errno) -> FileDescriptor) throws(Errno) -> LockState {
    // Who ends between the two questions isn't alive any more, and its lock is gone: it is asked for again. The file is
    // closed before /proc is opened: a watcher counts its descriptors.
    for _ in 0..<5 {
      switch try look(at: open()) {
      case .free: return .free
      case .process(let pid): return .held(ProcessIdentity.read(pid))
      case .signed(let identity?): if identity.isAlive { return .held(identity) }
      case .signed(nil): continue
      }
    }
    return .held(nil)
  }

  private static func look(at file: consuming FileDescriptor) throws(Errno) -> Look {
    switch try FileLock.holder(file) {
    case nil: return .free
    case .process(let pid): return .process(pid)
    case .openFile: return .signed(signature(in: file))
    }
  }

  /// Whether something stands there that nobody can hold a lock of ours on: a directory, a link, a FIFO.
  private static func isNoLockFile(_ error: Errno) -> Bool {
    error == .isDirectory || error == .tooManySymbolicLinks || error == .invalidArgument
  }

  /// Nothing in the state directory may keep cronwatch from starting; what stands in the way is kept.
  private static func putAside(_ role: Role, in state: StateDirectory) throws(Errno) {
    let name = "\(role.fileName)-\(SystemClock.wall())"
    try state.root.rename(role.fileName, into: try state.directory(.quarantine), as: name)
  }

  /// Whether the locked file is still the path's; otherwise the holder must stop acting in its role at once.
  public func isCurrent() throws(Errno) -> Bool {
    if isStandIn {
      // It outlives the state directory that it stands in for: whoever makes another one there finds no lock.
      guard state.isCurrent else { return false }
      return try FileLock.lockedFileIsCurrent(file, in: StandIn.open(state, create: false), name: role.fileName)
    }
    return try FileLock.lockedFileIsCurrent(file, in: state.root, name: role.fileName)
  }

  /// The identity in the file, if that process lives; the holder writes it a moment after it took the lock.
  private static func identity(in file: borrowing FileDescriptor, tries: Int) -> ProcessIdentity? {
    for _ in 0..<tries {
      if let identity = signature(in: file), identity.isAlive { return identity }
    }
    return nil
  }

  /// Who says in the file that the lock is its, dead or alive; nil when it is being written, or can't be read.
  private static func signature(in file: borrowing FileDescriptor) -> ProcessIdentity? {
    do throws(Errno) {
      let bytes = try file.read(upTo: size, at: 0)
      guard bytes.count == size, let body = SealedText.open(bytes[...]), let fields = TextFields(body),
        let pid = fields.number("pid", as: Int32.self), let start = fields.number("start_time", as: UInt64.self),
        let boot = fields["boot_id"]
      else { return nil }
      return ProcessIdentity(bootIdentifier: boot, pid: pid, startTime: start)
    } catch {
      return nil
    }
  }
}
