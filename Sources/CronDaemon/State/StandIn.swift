internal import CronSystem

/// A directory in memory for what must be written at every moment, while the state directory's disk takes nothing:
/// beats, workers' slots and locks.
///
/// It is `/dev/shm/cronwatch-UID-DEVICE-INODE-BIRTH`, named for the state directory, so that every process finds it
/// there, also one that starts later. It ends with the boot, and nothing in it is a decision.
enum StandIn {
  private static let parent = "/dev/shm"

  /// Slots from here on have their place in it.
  static let firstSlot = 1_000_000

  /// The most output that a run keeps there, bytes: it is memory.
  static let outputLimit: Int64 = 1 << 20

  /// Whether the disk can't be written at all, whatever is asked of it.
  static func isNeeded(for error: Errno) -> Bool { error == .readOnly || error == .inputOutput }

  /// Whether what failed for this reason may succeed there.
  static func helps(against error: Errno) -> Bool {
    switch error {
    case .readOnly, .inputOutput, .noSpace, .quotaExceeded, .accessDenied, .notPermitted: true
    default: false
    }
  }

  /// Opens it, made when it is missing and `create` says so. Whoever else made it, it is not used.
  static func open(_ state: StateDirectory, create: Bool) throws(Errno) -> Directory {
    let status = try state.root.descriptor.status()
    // An inode's number is given again, and what stood in for another directory says nothing of this one.
    let birth = state.root.descriptor.birthMicroseconds
    let name = "cronwatch-\(status.userIdentifier)-\(status.device)-\(status.inode)-\(birth)"
    let parent = try Directory.open(parent)
    let directory = create ? try parent.ensureSubdirectory(name) : try parent.openSubdirectory(name)
    let found = try directory.descriptor.status()
    guard found.userIdentifier == status.userIdentifier, found.permissions & 0o077 == 0 else { throw .notPermitted }
    return directory
  }

  /// Whether this error of opening what is in it says that there is nothing of ours; any other says nothing.
  ///
  /// Without a descriptor, for one, nobody can tell, and what can't be seen must not count as absent.
  static func isAbsent(_ error: Errno) -> Bool {
    switch error {
    case .noEntry, .notDirectory, .tooManySymbolicLinks, .notPermitted, .accessDenied: true
    default: false
    }
  }

  /// One of the directories in it.
  static func directory(
    _ name: StateDirectory.Subdirectory, of state: StateDirectory, create: Bool
  ) throws(Errno) -> Directory {
    let directory = try open(state, create: create)
    return create ? try directory.ensureSubdirectory(name.rawValue) : try directory.openSubdirectory(name.rawValue)
  }
}

extension StateDirectory {
  /// The place of a worker's slot, made when it is missing.
  func slot(_ number: Int) throws(Errno) -> Directory {
    let workers =
      number < StandIn.firstSlot ? try directory(.workers) : try StandIn.directory(.workers, of: self, create: true)
    return try workers.ensureSubdirectory(String(number))
  }

  /// The numbers of the slots that are there, ascending.
  func slotNumbers() throws(Errno) -> [Int] {
    let onDisk = try directory(.workers).list().compactMap { Int($0) }.filter { (0..<StandIn.firstSlot).contains($0) }
    var inMemory: [Int] = []
    do throws(Errno) {
      inMemory = try StandIn.directory(.workers, of: self, create: false).list().compactMap { Int($0) }
    } catch {
      // There is none: nothing ever had to stand in.
      guard StandIn.isAbsent(error) else { throw error }
    }
    return (onDisk + inMemory.filter { $0 >= StandIn.firstSlot }).sorted()
  }
}
