import CronTestSupport
import Glibc
import Testing

@testable import CronSystem

@Suite struct FileLockTests {
  @Test func `one open file has it, another is told, a query takes nothing`() throws {
    let sandbox = try Sandbox()
    let first = try sandbox.directory.openFile("lock", [.readWrite, .create])
    let second = try sandbox.directory.openFile("lock", .readWrite)
    #expect(try FileLock.holder(second) == nil)
    #expect(try FileLock.tryLock(first))
    #expect(try FileLock.tryLock(first))  // again by its owner
    #expect(try FileLock.tryLock(second) == false)
    #expect(try FileLock.holder(second) == .openFile)
    #expect(try FileLock.holder(first) == nil)
    try FileLock.unlock(first)
    #expect(try FileLock.holder(second) == nil)
    #expect(try FileLock.tryLock(second))
  }

  // No file here gives another error than EBADF, which ends the process as a bug: so the decision is asked alone.
  @Test(.acceptance(53)) func `an error that isn't contention is an error, not a lock that somebody has`() {
    for number in [EAGAIN, EACCES] { #expect(FileLock.meansContention(Errno(rawValue: number))) }
    for number in [ENOLCK, EIO, ENOMEM, EINVAL, EPERM, EDEADLK] {
      #expect(!FileLock.meansContention(Errno(rawValue: number)))
    }
  }

  @Test func `another process that inherited the open file keeps it after we close`() throws {
    let sandbox = try Sandbox()
    let probe = try sandbox.directory.openFile("lock", [.readWrite, .create])
    let child: TestChild
    do {
      let held = try sandbox.directory.openFile("lock", .readWrite)
      #expect(try FileLock.tryLock(held))
      child = try TestChild(shell: "exec sleep 1000", [.init(child: 3, raw: held.raw)])
    }
    #expect(try FileLock.tryLock(probe) == false)
    #expect(try FileLock.holder(probe) == .openFile)
    try ProcessDescriptor(child: child.pid).signal(Signal.kill)
    try waitUntil("the lock falls with its last holder") { try FileLock.tryLock(probe) }
  }

  @Test func `a reopened file doesn't drop the lock when it is closed`() throws {
    let sandbox = try Sandbox()
    let held = try sandbox.directory.openFile("lock", [.readWrite, .create])
    #expect(try FileLock.tryLock(held))
    try sandbox.directory.openFile("lock", .readWrite).close()  // a classic lock would be gone now
    let probe = try sandbox.directory.openFile("lock", .readWrite)
    #expect(try FileLock.holder(probe) == .openFile)
  }

  @Test func `a deleted, replaced or moved file is no longer the named one`() throws {
    let sandbox = try Sandbox()
    let held = try sandbox.directory.openFile("lock", [.readWrite, .create])
    func isCurrent(_ held: borrowing FileDescriptor, _ sandbox: borrowing Sandbox) throws -> Bool {
      try FileLock.lockedFileIsCurrent(held, in: sandbox.directory, name: "lock")
    }
    #expect(try isCurrent(held, sandbox))
    try sandbox.directory.rename("lock", to: "stolen")
    #expect(try isCurrent(held, sandbox) == false)
    try sandbox.write("lock", "")
    #expect(try isCurrent(held, sandbox) == false)
    try sandbox.directory.rename("stolen", to: "lock")
    #expect(try isCurrent(held, sandbox))
  }

  @Test func `a lease shows whether anybody has the file open for writing`() throws {
    let sandbox = try Sandbox()
    let writer = try sandbox.directory.openFile("output", [.write, .create, .append])
    let reader = try sandbox.directory.openFile("output", .read)
    #expect(try FileLease.hasNoWriters(reader) == false)
    var child = try TestChild(shell: "sleep 1000", [.init(child: 1, raw: writer.raw)])
    try writer.close()
    #expect(try FileLease.hasNoWriters(reader) == false)
    try ProcessGroup.signal(child.pid, Signal.kill)
    #expect(try child.wait() == .signaled(Signal.kill, coreDumped: false))
    try waitUntil("the shell's child has let go too") { try FileLease.hasNoWriters(reader) }
    #expect(throws: Never.self) { _ = try sandbox.directory.openFile("output", [.write, .nonBlocking]) }
  }
}
