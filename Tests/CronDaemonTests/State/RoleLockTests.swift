import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

@Suite struct RoleLockTests {
  private func taken(_ role: RoleLock.Role, _ state: StateDirectory) throws -> RoleLock? {
    if case .taken(let lock) = try RoleLock.take(role, in: state) { lock } else { nil }
  }

  @Test(.acceptance(52, 55)) func `a second taker is told at once who holds the lock`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let first = try #require(try taken(.ticker, state))
    guard case .busy(let holder) = try RoleLock.take(.ticker, in: state) else {
      Issue.record("two hold one lock")
      return
    }
    #expect(holder == ProcessIdentity.currentProcess)
    #expect(try first.isCurrent())
    #expect(try taken(.watcher, state) != nil)
  }

  @Test(arguments: ["directory", "link"])
  func `what stands in the place of a lock file is put aside, not waited for`(kind: String) throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    if kind == "directory" {
      try state.root.makeDirectory("ticker.lock")
    } else {
      symlink("/dev/null", sandbox.path(of: "state/ticker.lock"))
    }
    #expect(try RoleLock.query(.ticker, in: state) == .free)
    #expect(try taken(.ticker, state)?.isCurrent() == true)
    #expect(try state.directory(.quarantine).list().count { $0.hasPrefix("ticker.lock-") } == 1)
  }

  @Test func `asking takes nothing`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    #expect(try RoleLock.query(.ticker, in: state) == .free)
    #expect(try state.root.status("ticker.lock") == nil)
    do {
      let lock = try #require(try taken(.ticker, state))
      #expect(try RoleLock.query(.ticker, in: state) == .held(.currentProcess))
      #expect(try RoleLock.query(.ticker, in: state) == .held(.currentProcess))
      #expect(try lock.isCurrent())
    }
    // Another test that spawns a process just now lends it our descriptors until it executes, and the lock with them.
    try waitUntil("the lock is free again") { try RoleLock.query(.ticker, in: state) == .free }
    _ = try waitForValue("the lock can be taken again") { try taken(.ticker, state) }
  }

  @Test(.acceptance(52)) func `a lock whose file was deleted or replaced is worthless`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let old = try #require(try taken(.ticker, state))
    try state.root.unlink("ticker.lock")
    #expect(try !old.isCurrent())
    let thief = try #require(try taken(.ticker, state))
    #expect(try !old.isCurrent())
    #expect(try thief.isCurrent())
  }

  @Test func `a holder that left no readable identity is still a holder`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    let file = try state.root.openFile("ticker.lock", [.readWrite, .create])
    #expect(try FileLock.tryLock(file))
    #expect(try RoleLock.query(.ticker, in: state) == .held(nil))
  }

  @Test(.acceptance(53)) func `an error that isn't contention is an error`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    // Another name of the same file: it may be locked by that name, so it is left where it is.
    try sandbox.write("state/ticker.lock", "")
    #expect(link(sandbox.path(of: "state/ticker.lock"), sandbox.path(of: "state/twin")) == 0)
    #expect(throws: Errno.tooManyLinks) { _ = try RoleLock.take(.ticker, in: state) }
    #expect(throws: Errno.tooManyLinks) { _ = try RoleLock.query(.ticker, in: state) }
  }
}
