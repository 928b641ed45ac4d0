import CronSystem

/// The record of one slot, `workers/N/record`: who works there, the order, and what became of it.
///
/// Each field has a place of its own and a checksum; only one process writes each. Nothing is synced: the record serves
/// after the crash of a process, and after a power loss every run of that boot is over anyway.
struct WorkerRecord: ~Copyable {
  /// What stands where the order belongs.
  enum OrderField: Hashable, Sendable {
    /// Nothing was ever written.
    case none
    /// Whoever took a dead worker's lock declared the order void.
    case void(SlotClaim)
    case order(SlotOrder)
    /// It was cut off while being written, or has changed since: no worker obeys it from now on.
    case damaged
  }

  /// Where the launcher writes the exec field.
  static let execOffset: Int64 = 512
  private static let identityOffset: Int64 = 0
  private static let exitOffset: Int64 = 1024
  private static let exitBytes = 1024
  static let orderOffset: Int64 = 4096
  private static let preallocated: Int64 = 8192

  /// The open file description that carries the lock.
  let descriptor: FileDescriptor
  /// Its file system takes no write: nobody can be given the slot, and a lock can only be asked for.
  let isReadOnly: Bool

  /// A record over an open file.
  init(_ descriptor: consuming FileDescriptor, isReadOnly: Bool = false) {
    self.descriptor = descriptor
    self.isReadOnly = isReadOnly
  }

  /// Opens the slot's record, making it when it isn't there; it isn't locked.
  static func open(in slot: borrowing Directory) throws(Errno) -> WorkerRecord {
    let file = try slot.openFile("record", [.readWrite, .create])
    if try file.size() < preallocated { try file.allocate(offset: 0, length: preallocated) }
    return WorkerRecord(file)
  }

  /// Opens the slot's record to learn what stands in it, also on a file system that turned read-only.
  static func openForReading(in slot: borrowing Directory) throws(Errno) -> WorkerRecord {
    do {
      return try open(in: slot)
    } catch .readOnly {
      return WorkerRecord(try slot.openFile("record", .read), isReadOnly: true)
    }
  }

  /// Takes the record's lock if nobody has it; where it can't be taken, whether nobody has it.
  func tryLock() throws(Errno) -> Bool {
    isReadOnly ? try FileLock.holder(descriptor) == nil : try FileLock.tryLock(descriptor)
  }

  /// Gives the lock back.
  func unlock() throws(Errno) {
    if !isReadOnly { try FileLock.unlock(descriptor) }
  }

  // MARK: The worker's identity

  /// Says who works here; the worker's first act.
  func write(_ identity: ProcessIdentity) throws(Errno) {
    let line = SlotText.line(
      "WORKER",
      [
        ("pid", String(identity.pid)), ("start", String(identity.startTime)), ("boot", identity.bootIdentifier),
      ])
    try descriptor.write(padded(line, to: 512), at: Self.identityOffset)
  }

  /// Who works, or worked, here.
  func readIdentity() -> ProcessIdentity? {
    guard let bytes = read(512, at: Self.identityOffset), let fields = SlotText.fields("WORKER", in: bytes),
      let pid = fields["pid"].flatMap({ Int32($0) }), let start = fields["start"].flatMap({ UInt64($0) }),
      let boot = fields["boot"]
    else { return nil }
    return ProcessIdentity(bootIdentifier: boot, pid: pid, startTime: start)
  }

  // MARK: The order

  /// Writes the order; the doorbell is rung afterwards. E2BIG when it is longer than a slot takes.
  ///
  /// What became of the run before goes first, and its order before that: the same claim may come a second time, when
  /// it couldn't be started, and no crash in between may show an order without what became of it.
  func write(_ order: SlotOrder) throws(Errno) {
    let bytes = order.encoded
    guard bytes.count <= SlotOrder.maximumBytes else { throw .argumentListTooLong }
    try void(SlotClaim(run: "-", sequence: 0))
    let traces = Int(Self.exitOffset - Self.execOffset) + Self.exitBytes
    try descriptor.write([UInt8](repeating: 0, count: traces), at: Self.execOffset)
    try descriptor.write(bytes + [0], at: Self.orderOffset)
  }

  /// Declares the order void, so that no worker will ever start it.
  func void(_ claim: SlotClaim) throws(Errno) {
    let line = SlotText.line("VOID", [("run", claim.run), ("seq", String(claim.sequence))])
    try descriptor.write(line + [0], at: Self.orderOffset)
  }

  /// The order that stands here.
  func readOrder() -> OrderField {
    guard let bytes = read(SlotOrder.maximumBytes, at: Self.orderOffset), let first = bytes.first, first != 0 else {
      return .none
    }
    if let fields = SlotText.fields("VOID", in: bytes) {
      guard let run = fields["run"], let sequence = fields["seq"].flatMap({ UInt64($0) }) else { return .damaged }
      return .void(SlotClaim(run: run, sequence: sequence))
    }
    return SlotOrder(decoding: bytes).map(OrderField.order) ?? .damaged
  }

  // MARK: What became of it

  /// What is written of a run beside its order.
  enum Trace {
    case exec, exit
  }

  /// Its bytes, all NULs where nothing was written; nil when they can't be read.
  func readTrace(_ trace: Trace) -> [UInt8]? {
    switch trace {
    case .exec: read(ExecField.byteCount, at: Self.execOffset)
    case .exit: read(Self.exitBytes, at: Self.exitOffset)
    }
  }

  /// Whose process came as far as execve, and which it is.
  func readExecField() -> ExecField? { readTrace(.exec).flatMap { ExecField(parsing: $0[...]) } }

  /// The job's process, if it came as far as execve.
  func readExec(_ claim: SlotClaim) -> ProcessIdentity? {
    guard let field = readExecField(), field.run == claim.run, field.sequence == claim.sequence else { return nil }
    return ProcessIdentity(
      bootIdentifier: BootIdentifier.current, pid: field.pid, startTime: field.startTime)
  }

  /// Writes how the run ended; before the job is reaped.
  func write(_ exit: ExitFact, for claim: SlotClaim) throws(Errno) {
    try descriptor.write(padded(exit.encoded(claim), to: Self.exitBytes), at: Self.exitOffset)
  }

  /// How the run ended, if its worker lived to write it.
  func readExit(_ claim: SlotClaim) -> ExitFact? {
    readTrace(.exit).flatMap { ExitFact(decoding: $0, claim: claim) }
  }

  /// Whether it is certain that nobody began the claim here: no exec and no exit, or those of other claims.
  ///
  /// A field that can't be read or is damaged counts as written: what may have run is never started again.
  func isUntouched(_ claim: SlotClaim) -> Bool {
    guard let exec = readTrace(.exec), let exit = readTrace(.exit) else { return false }
    if exec.contains(where: { $0 != 0 }) {
      guard let field = ExecField(parsing: exec[...]) else { return false }
      if field.run == claim.run, field.sequence == claim.sequence { return false }
    }
    if exit.contains(where: { $0 != 0 }) {
      guard let fields = SlotText.fields("EXIT", in: exit), let run = fields["run"], let sequence = fields["seq"]
      else { return false }
      if run == claim.run, sequence == String(claim.sequence) { return false }
    }
    return true
  }

  func read(_ count: Int, at offset: Int64) -> [UInt8]? {
    do { return try descriptor.read(upTo: count, at: offset) } catch { return nil }
  }

  private func padded(_ line: [UInt8], to count: Int) -> [UInt8] {
    line.count >= count ? line : line + [UInt8](repeating: 0, count: count - line.count)
  }
}
