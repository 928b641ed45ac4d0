import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

/// What a state directory on a disk that can't be written has in memory.
@Suite struct StandInTests {
  /// A state directory on a file system of its own that can turn read-only.
  private final class Place {
    let sandbox: Sandbox
    let state: StateDirectory
    private let disk: String

    init?() throws {
      sandbox = try Sandbox()
      disk = sandbox.path(of: "disk")
      _ = try Directory.create(disk)
      guard mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=0700") == 0 else { return nil }
      state = try StateDirectory.open(disk + "/state", create: true)
    }

    func setReadOnly(_ isReadOnly: Bool) throws {
      // MS_REMOUNT (32) and MS_RDONLY (1). EBUSY while a child that another test starts, and that hasn't executed yet,
      // has a file of ours open for writing.
      try waitUntil("the file system turns") { mount(nil, disk, nil, isReadOnly ? 33 : 32, nil) == 0 }
    }

    deinit {
      do { Sandbox.remove(try StandIn.open(state, create: false).path) } catch {}
      umount2(disk, 2)
    }
  }

  private static let canMount: Bool = {
    do { return try Place() != nil } catch { return false }
  }()

  private func taken(_ state: StateDirectory) throws -> RoleLock? {
    if case .taken(let lock) = try RoleLock.take(.ticker, in: state) { return lock }
    return nil
  }

  @Test(.enabled(if: canMount, "needs the right to mount a tmpfs"))
  func `a lock in memory and one on the disk exclude each other`() throws {
    let place = try #require(try Place())
    try place.setReadOnly(true)
    var held = try taken(place.state)
    #expect(try held?.isCurrent() == true)
    #expect(try RoleLock.query(.ticker, in: place.state).holder == ProcessIdentity.currentProcess)
    #expect(try taken(place.state) == nil)
    try place.setReadOnly(false)
    #expect(try taken(place.state) == nil)
    #expect(try RoleLock.query(.ticker, in: place.state).isHeld)
    held = nil
    // A child that another test starts has our descriptors, and the lock with them, until it executes.
    held = try waitForValue("the lock that was given back") { try taken(place.state) }
    #expect(try held?.isCurrent() == true)
  }

  @Test(.enabled(if: canMount, "needs the right to mount a tmpfs"))
  func `a beat goes into memory while the disk refuses it, and none stays there afterwards`() throws {
    let place = try #require(try Place())
    func beat(_ tick: UInt64) -> Beat { Beat.now(tick: tick, phase: .ticking, intervalSeconds: 1, nextDue: nil) }
    #expect(HeartbeatFile(place.state, .ticker).write(beat(1)) == nil)
    try place.setReadOnly(true)
    let file = HeartbeatFile(place.state, .ticker)
    #expect(file.write(beat(2)) == nil)
    #expect(file.isElsewhere)
    #expect(HeartbeatFile(place.state, .ticker).read().beat?.tick == 2)
    try place.setReadOnly(false)
    #expect(file.write(beat(3)) == nil)
    #expect(!file.isElsewhere)
    #expect(HeartbeatFile(place.state, .ticker).read().beat?.tick == 3)
    #expect(throws: Errno.noEntry) {
      _ = try StandIn.directory(.heartbeat, of: place.state, create: false).openFile("ticker", .read)
    }
  }

  @Test(.enabled(if: canMount, "needs the right to mount a tmpfs"))
  func `a beat that memory refused as well doesn't hide the next one`() async {
    await #expect(processExitsWith: .success) {
      let place = try #require(try Place())
      func beat(_ tick: UInt64) -> Beat { Beat.now(tick: tick, phase: .ticking, intervalSeconds: 1, nextDue: nil) }
      // Of a watcher, which has no file open that would keep the disk from turning.
      let file = HeartbeatFile(place.state, .watcher)
      #expect(file.write(beat(1)) == nil)
      try place.setReadOnly(true)
      signal(SIGXFSZ, SIG_IGN)
      var limits = rlimit(rlim_cur: 0, rlim_max: rlim_t.max)
      try #require(setrlimit(Int32(RLIMIT_FSIZE.rawValue), &limits) == 0)
      #expect(file.write(beat(2)) == .readOnly)
      limits.rlim_cur = .max
      try #require(setrlimit(Int32(RLIMIT_FSIZE.rawValue), &limits) == 0)
      // Now what was the last that the disk took counts, and then what it takes next.
      #expect(HeartbeatFile(place.state, .watcher).read().beat?.tick == 1)
      try place.setReadOnly(false)
      #expect(file.write(beat(3)) == nil)
      #expect(HeartbeatFile(place.state, .watcher).read().beat?.tick == 3)
    }
  }

  @Test(.enabled(if: canMount, "needs the right to mount a tmpfs"))
  func `a slot that can't be written is judged all the same`() async {
    await #expect(processExitsWith: .success) {
      let place = try #require(try Place())
      let claim = SlotClaim(run: "r1", sequence: 42)
      let other = SlotClaim(run: "r2", sequence: 43)
      for (number, claim) in [claim, other].enumerated() {
        let record = try WorkerRecord.open(in: try place.state.slot(number))
        try record.write(SlotOrder(claim: claim, job: "j", command: .line("true")))
        if number == 0 {
          try record.write(ExitFact(cause: .ended, exitCode: 9, startedAt: 1, endedAt: 2), for: claim)
        }
      }
      try place.setReadOnly(true)
      let pool = WorkerPool(loop: try TickerLoop(), state: place.state, reaped: ReapedRing(place.state)) { number in
        WorkerArguments(
          state: place.state.path, slot: number, forwardsOutput: false, escapesOutput: false, openFiles: 512)
      }
      _ = pool.adopt([claim, other])
      let events = pool.takeEvents()
      guard case .ended(claim, let exit)? = events.first, case .neverRan(other)? = events.last else {
        Issue.record("\(events)")
        return
      }
      #expect(exit.exitCode == 9)
    }
  }

  @Test(.enabled(if: canMount, "needs the right to mount a tmpfs"))
  func `a lock in memory ends with the state directory that it stands in for`() throws {
    let place = try #require(try Place())
    try place.setReadOnly(true)
    let held = try #require(try taken(place.state))
    try place.setReadOnly(false)
    #expect(try held.isCurrent())
    Sandbox.remove(place.state.path)
    let other = try StateDirectory.open(place.state.path, create: true)
    #expect(try taken(other) != nil)
    #expect(try !held.isCurrent())
  }

  @Test func `where no descriptor is left nobody says that there is nothing in memory`() async {
    await #expect(processExitsWith: .success) {
      let sandbox = try Sandbox()
      let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
      let memory = try StandIn.open(state, create: true)
      defer { Sandbox.remove(memory.path) }
      _ = try StandIn.directory(.workers, of: state, create: true).ensureSubdirectory("1000000")
      #expect(try state.slotNumbers() == [1_000_000])
      #expect(try !RoleLock.query(.ticker, in: state).isHeld)
      var limits = rlimit(rlim_cur: 64, rlim_max: 64)
      try #require(setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limits) == 0)
      var taken: [Int32] = []
      /// What is on the disk can still be looked at, by one descriptor. Threads of the test's own process may close
      /// some meanwhile: then it is asked again.
      func isRefused(_ ask: () throws -> Void) throws -> Bool {
        for _ in 0..<100 {
          while case let number = dup(0), number >= 0 { taken.append(number) }
          if let last = taken.popLast() { close(last) }
          do { try ask() } catch let error as Errno where error == .tooManyOpenFiles { return true }
        }
        return false
      }
      #expect(try isRefused { _ = try RoleLock.query(.ticker, in: state) })
      #expect(try isRefused { _ = try state.slotNumbers() })
      #expect(try isRefused { _ = try RoleLock.take(.ticker, in: state) })
      for number in taken { close(number) }
    }
  }

  @Test func `what somebody else may read or has made is not used`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let path = try StandIn.open(state, create: true).path
    defer { Sandbox.remove(path) }
    chmod(path, 0o755)
    #expect(throws: Errno.notPermitted) { _ = try StandIn.open(state, create: true) }
    chmod(path, 0o700)
    if geteuid() == 0 {
      chown(path, 1, 1)
      #expect(throws: Errno.notPermitted) { _ = try StandIn.open(state, create: true) }
    }
  }
}
