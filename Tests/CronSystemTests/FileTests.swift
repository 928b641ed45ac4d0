import CronSystem
import CronTestSupport
import Testing

@Suite struct FileTests {
  @Test func `writes at offsets, appends, reads back, cuts`() throws {
    let sandbox = try Sandbox()
    let file = try sandbox.directory.openFile("f", [.readWrite, .create])
    try file.write(bytes("hello"), at: 3)
    #expect(try file.read(upTo: 100, at: 0) == [0, 0, 0] + bytes("hello"))
    #expect(try file.read(upTo: 2, at: 4) == bytes("el"))
    #expect(try file.read(upTo: 2, at: 100) == [])
    let appending = try sandbox.directory.openFile("f", [.write, .append])
    try appending.write(bytes("!"))
    #expect(try file.size() == 9)
    try file.truncate(to: 4)
    #expect(try file.readToEnd(limit: 4) == [0, 0, 0] + bytes("h"))
    try file.syncData()
    try file.sync()
    try file.close()
  }

  @Test func `a limit that is exceeded is an error, never a shorter text`() throws {
    let sandbox = try Sandbox()
    try sandbox.write("f", "12345")
    #expect(try AtomicFile.read(in: sandbox.directory, name: "f", limit: 5) == bytes("12345"))
    #expect(throws: Errno.fileTooLarge) { try AtomicFile.read(in: sandbox.directory, name: "f", limit: 4) }
  }

  @Test func `reserved space counts, a punched hole reads as zeros and frees it`() throws {
    let sandbox = try Sandbox()
    let file = try sandbox.directory.openFile("f", [.readWrite, .create])
    try file.allocate(offset: 0, length: 1 << 20)
    #expect(try file.size() == 1 << 20)
    #expect(try file.status().allocatedSize >= 1 << 20)
    try file.write([UInt8](repeating: 7, count: 1 << 20), at: 0)
    try file.punchHole(offset: 1 << 16, length: 1 << 19)
    #expect(try file.size() == 1 << 20)
    #expect(try file.status().allocatedSize < 1 << 20)
    #expect(try file.read(upTo: 3, at: (1 << 16) - 1) == [7, 0, 0])
    #expect(try file.availableSpace() > 0)
  }

  @Test func `replacing keeps the old file when it fails and leaves nothing behind`() throws {
    let sandbox = try Sandbox()
    try AtomicFile.replace(in: sandbox.directory, name: "f", bytes: bytes("old"))
    try AtomicFile.replace(in: sandbox.directory, name: "f", bytes: bytes("new"), permissions: 0o640)
    #expect(sandbox.read("f") == "new")
    #expect(try sandbox.directory.status("f")?.permissions == 0o640)
    try sandbox.directory.makeDirectory("d")
    #expect(throws: Errno.isDirectory) {
      try AtomicFile.replace(in: sandbox.directory, name: "d", bytes: bytes("x"))
    }
    #expect(try sandbox.directory.list() == ["d", "f"])
    #expect(AtomicFile.isTemporary(".f.12.tmp") && !AtomicFile.isTemporary("f"))
  }

  @Test func `opens only regular files with one link, and a FIFO doesn't hang it`() throws {
    let sandbox = try Sandbox()
    try sandbox.write("real", "x")
    var maker = try TestChild(
      shell: "cd \(sandbox.path) && ln -s real link && ln real twin && mkfifo fifo && mkdir dir")
    #expect(try maker.wait() == .exited(0))
    for (name, error) in [
      ("link", Errno.tooManySymbolicLinks), ("twin", .tooManyLinks), ("real", .tooManyLinks),
      ("fifo", .invalidArgument), ("dir", .isDirectory), ("none", .noEntry),
    ] { #expect(throws: error, "\(name)") { _ = try sandbox.directory.openFile(name, .read) } }
    #expect(throws: Errno.notDirectory) { _ = try sandbox.directory.openSubdirectory("link") }
    try sandbox.directory.unlink("twin")
    #expect(try sandbox.directory.openFile("real", .read).readToEnd(limit: 9) == bytes("x"))
    #expect(try sandbox.directory.linkTarget("link") == "real")
    #expect(try sandbox.directory.status("link")?.kind == .symbolicLink)
  }

  @Test func `names that leave the directory are a bug`() async {
    await #expect(processExitsWith: .failure) {
      _ = try Sandbox().directory.openFile("../x", .read)
    }
  }

  @Test func `a file of others is read through links but never waited for`() throws {
    let sandbox = try Sandbox()
    let path = try sandbox.write("tab", "* * * * * true\n", permissions: 0o640)
    var maker = try TestChild(shell: "cd \(sandbox.path) && ln -s tab link && mkfifo fifo")
    #expect(try maker.wait() == .exited(0))
    let contents = try ForeignFile.read(sandbox.path(of: "link"), limit: 100)
    #expect(contents.bytes == bytes("* * * * * true\n"))
    #expect(contents.status.permissions == 0o640 && contents.status.size == 15)
    #expect(contents.status.userIdentifier == CurrentProcess.effectiveUser)
    #expect(throws: ForeignFileError.notRegular(.fifo)) { try ForeignFile.read(sandbox.path(of: "fifo"), limit: 9) }
    #expect(throws: ForeignFileError.notRegular(.directory)) { try ForeignFile.read(sandbox.path, limit: 9) }
    #expect(throws: ForeignFileError.tooLarge(limit: 14)) { try ForeignFile.read(path, limit: 14) }
    #expect(throws: ForeignFileError.system(.noEntry)) { try ForeignFile.read(path + "x", limit: 14) }
  }

  @Test func `directories: made with parents, listed in order, renamed with and without replacing`() throws {
    let sandbox = try Sandbox()
    let deep = try Directory.create(sandbox.path(of: "a/b"))
    #expect(try Directory.create(sandbox.path(of: "a/b")).descriptor.status().isSameFile(as: deep.descriptor.status()))
    for name in ["z", "B", "ä", "b"] { try AtomicFile.replace(in: deep, name: name, bytes: bytes(name)) }
    #expect(try deep.list() == ["B", "b", "z", "ä"])
    #expect(try deep.list() == ["B", "b", "z", "ä"])  // a second time: no shared position
    #expect(throws: Errno.fileTooLarge) { try deep.list(limit: 3) }
    let other = try sandbox.directory.ensureSubdirectory("other")
    try deep.rename("z", into: other, as: "moved")
    #expect(throws: Errno.exists) { try deep.renameExclusively("b", into: other, as: "moved") }
    try deep.rename("b", to: "B")
    #expect(try AtomicFile.read(in: deep, name: "B", limit: 9) == bytes("b"))
    #expect(try other.list() == ["moved"])
    #expect(throws: Errno.notEmpty) { try sandbox.directory.removeDirectory("other") }
  }

  @Test func `memory files survive only in descriptors`() throws {
    let memory = try Memfd.create(name: "spill")
    try memory.allocate(offset: 0, length: 1 << 20)
    try memory.write(bytes("kept"), at: 100)
    let second = try memory.duplicate()
    try memory.close()
    #expect(try second.read(upTo: 4, at: 100) == bytes("kept"))
  }
}
