internal import CronSystem

/// The output of a run: one file, given to the job itself, followed and bounded by the worker; by the ticker, once the
/// worker is dead.
///
/// A file and not a pipe: a dead worker must not kill its job by SIGPIPE, and a grandchild that keeps it open must not
/// keep the run open.
struct RunOutput: ~Copyable {
  /// How long after a write its size is looked at, in milliseconds.
  static let boundingPause: Int64 = 250

  private let slot: Directory
  private let file: FileDescriptor
  private let limit: Int64
  private var forwarder: OutputForwarder?
  /// Behind what was dropped from the middle; 0 = nothing was.
  private var keptFrom: Int64 = 0

  /// Opens an empty output file in the slot for the job's user.
  ///
  /// An empty file of an earlier run serves again if nobody has it open for writing; else it is left to whoever has it.
  init(
    slotDirectory: consuming Directory, limit: Int64, owner: LaunchIdentity?, forwarder: consuming OutputForwarder?
  ) throws(Errno) {
    let opened = try Self.open(in: slotDirectory, owner: owner)
    slot = slotDirectory
    file = opened
    self.limit = limit
    self.forwarder = forwarder
  }

  /// Goes on with the file of a run whose worker is gone.
  init(goingOnIn slotDirectory: consuming Directory, limit: Int64) throws(Errno) {
    let opened = try slotDirectory.openFile("output", [.readWrite, .append])
    slot = slotDirectory
    file = opened
    self.limit = limit
    forwarder = nil
  }

  /// How much an order lets a run keep in a slot: where the slot's place is memory, less.
  static func limit(ordered limit: Int64, slot: Int) -> Int64 {
    guard slot >= StandIn.firstSlot else { return limit }
    return limit > 0 ? min(limit, StandIn.outputLimit) : StandIn.outputLimit
  }

  private static func open(
    in slot: borrowing Directory, owner: LaunchIdentity?
  ) throws(Errno) -> FileDescriptor {
    let wanted = owner?.userIdentifier ?? CurrentProcess.effectiveUser
    if let status = try slot.status("output") {
      if status.kind == .regular, status.size == 0, status.userIdentifier == wanted, status.links == 1,
        isUnwritten(slot)
      {
        return try slot.openFile("output", [.readWrite, .append])
      }
      try slot.unlink("output")
    }
    let file = try slot.openFile("output", [.readWrite, .append, .create, .exclusive])
    if let owner {
      try file.setOwner(userIdentifier: owner.userIdentifier, groupIdentifier: owner.groupIdentifier)
    }
    return file
  }

  /// Whether nobody has it open for writing; a file system without leases gives no proof, so the file is replaced.
  private static func isUnwritten(_ slot: borrowing Directory) -> Bool {
    do { return try FileLease.hasNoWriters(try slot.openFile("output", .read)) } catch { return false }
  }

  /// For the job's descriptors 1 and 2.
  var raw: Int32 { file.raw }

  /// Adds a line of ours, such as the shell's `not found`.
  func append(_ line: String) {
    do { try file.write(Array((line + "\n").utf8)) } catch {}
  }

  /// Bytes that the file has, holes included.
  var size: Int64 {
    do { return try file.size() } catch { return 0 }
  }

  /// Forwards what is new and keeps the file within its limit; false = there is more to forward.
  mutating func inspect(atEnd: Bool = false) -> Bool {
    let isDone = forwarder?.forward(file, keptFrom: keptFrom, atEnd: atEnd) ?? true
    bound()
    return isDone
  }

  /// Gives back the blocks of the file's middle: the head and the newest part stay.
  private mutating func bound() {
    let size = self.size
    guard limit > 0, size > limit else { return }
    let head = limit / 2
    let from = max(head, keptFrom)
    let to = max(head, size - (limit - head))
    guard to > from else { return }
    do {
      try file.punchHole(offset: from, length: to - from)
      keptFrom = to
    } catch {
      // No holes here: the head stays, and appending goes on behind it.
      do { try file.truncate(to: head) } catch {}
    }
  }

  /// Moves a non-empty file to `output/JOB/RUN.log` and returns its size; 0 = nothing was kept.
  consuming func keep(in outputs: borrowing Directory, job: String, run: String) -> Int64 {
    let size = self.size
    guard size > 0 else { return 0 }
    do {
      let directory = try outputs.ensureSubdirectory(OutputFiles.directoryName(of: job))
      do {
        try slot.rename("output", into: directory, as: OutputFiles.fileName(of: run))
      } catch .crossesDevices {
        // From a slot in memory; what was cut out of its middle comes back as NULs.
        let bytes = try file.read(upTo: Int(clamping: min(size, 4 * StandIn.outputLimit)), at: 0)
        try AtomicFile.replace(in: directory, name: OutputFiles.fileName(of: run), bytes: bytes)
        try slot.unlink("output")
      }
      return size
    } catch {
      return 0
    }
  }
}

/// Where the kept output of a run stands.
enum OutputFiles {
  /// A job's name as a directory: the slash of a scoped name is escaped.
  static func directoryName(of job: String) -> String {
    job.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F")
  }

  static func fileName(of run: String) -> String { run + ".log" }
}
