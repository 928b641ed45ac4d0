import CronSystem
import CronTestSupport
import Glibc
import Testing

@testable import CronDaemon

@Suite struct StateDirectoryTests {
  @Test(
    arguments: [
      ("/flag", ["CRONWATCH_STATE": "/env"], 0 as UInt32, "/root", "/flag"),
      ("", ["CRONWATCH_STATE": "/env"], 0, "/root", "/env"),
      (nil, ["CRONWATCH_STATE": "/env"], 1000, "/home/a", "/env"),
      (nil, ["CRONWATCH_STATE": ""], 0, "/root", "/var/lib/cronwatch"),
      (nil, ["XDG_STATE_HOME": "/x"], 0, "/root", "/var/lib/cronwatch"),
      (nil, ["XDG_STATE_HOME": "/x"], 1000, "/home/a", "/x/cronwatch"),
      (nil, ["XDG_STATE_HOME": "relative"], 1000, "/home/a", "/home/a/.local/state/cronwatch"),
      (nil, [:], 1000, "/home/a", "/home/a/.local/state/cronwatch"), (nil, [:], 1000, "/", "/.local/state/cronwatch"),
      (nil, [:], 1000, nil, nil), (nil, [:], 1000, "relative", nil),
    ] as [(String?, [String: String], UInt32, String?, String?)])
  func `the state directory is found by the rules of the design`(
    flag: String?, environment: [String: String], user: UInt32, home: String?, expected: String?
  ) {
    let found = StateLocation.resolve(flag: flag, environment: { environment[$0] }, effectiveUser: user, home: home)
    #expect(found == expected)
  }

  @Test(
    arguments: [
      ("/flag", [:], 0 as UInt32, "/root", "/flag"), (nil, ["CRONWATCH_CONFIG": "/env"], 0, "/root", "/env"),
      (nil, [:], 0, "/root", "/etc/cronwatch/cronwatch.conf"),
      (nil, [:], 1000, "/home/a", "/home/a/.config/cronwatch/cronwatch.conf"),
      (nil, ["XDG_CONFIG_HOME": "/x"], 1000, "/home/a", "/x/cronwatch/cronwatch.conf"),
    ] as [(String?, [String: String], UInt32, String?, String?)])
  func `the configuration is found by the rules of the design`(
    flag: String?, environment: [String: String], user: UInt32, home: String?, expected: String?
  ) {
    let found = StateLocation.resolveConfiguration(
      flag: flag, environment: { environment[$0] }, effectiveUser: user, home: home)
    #expect(found == expected)
  }

  @Test func `relative paths are those of the caller's directory`() {
    #expect(StateLocation.absolute("/a", currentDirectory: "/b") == "/a")
    #expect(StateLocation.absolute("a", currentDirectory: "/b") == "/b/a")
    #expect(StateLocation.absolute("a", currentDirectory: "/") == "/a")
  }

  @Test func `opening makes it private with everything in it`() throws {
    let sandbox = try Sandbox()
    let state = try StateDirectory.open(sandbox.path(of: "deep/er/state"), create: true)
    #expect(try state.root.descriptor.status().permissions == 0o700)
    #expect(sandbox.read("deep/er/state/format") == "1.0\n")
    for name in StateDirectory.Subdirectory.allCases {
      #expect(try state.root.status(name.rawValue)?.kind == .directory)
    }
  }

  @Test func `looking makes nothing`() throws {
    let sandbox = try Sandbox()
    let path = sandbox.path(of: "state")
    let error = try #require(throws: StateError.self) { _ = try StateDirectory.open(path, create: false) }
    #expect(error.reason == .missing)
    #expect(error.exitStatus == 3)
    #expect(try sandbox.directory.list().isEmpty)
  }

  @Test(arguments: [0o777, 0o770, 0o702, 0o720] as [UInt32])
  func `a directory that others may write in is refused with 77`(mode: UInt32) throws {
    let sandbox = try Sandbox()
    try sandbox.directory.makeDirectory("state")
    try sandbox.directory.openSubdirectory("state").descriptor.setPermissions(mode)
    let path = sandbox.path(of: "state")
    let error = try #require(throws: StateError.self) { _ = try StateDirectory.open(path, create: true) }
    #expect(error.exitStatus == 77)
    #expect(error.description.contains(path))
    #expect(try sandbox.directory.openSubdirectory("state").list().isEmpty)
  }

  @Test(.enabled(if: CurrentProcess.effectiveUser == 0))
  func `another user's directory is refused with 77`() throws {
    let sandbox = try Sandbox()
    try sandbox.directory.makeDirectory("state")
    try sandbox.directory.openSubdirectory("state").descriptor.setOwner(userIdentifier: 12, groupIdentifier: 12)
    let path = sandbox.path(of: "state")
    let error = try #require(throws: StateError.self) { _ = try StateDirectory.open(path, create: true) }
    #expect(error.reason == .foreignOwner(user: 12, effectiveUser: 0))
    #expect(error.exitStatus == 77)
  }

  @Test func `where no directory can be made the path is named with 73`() throws {
    let sandbox = try Sandbox()
    try sandbox.write("file", "")
    let path = sandbox.path(of: "file/state")
    let error = try #require(throws: StateError.self) { _ = try StateDirectory.open(path, create: true) }
    #expect(error.exitStatus == 73)
    #expect(error.description.contains(path))
  }

  @Test func `a newer major format is left untouched, and said`() throws {
    let sandbox = try Sandbox()
    try sandbox.directory.makeDirectory("state")
    try sandbox.write("state/format", "2.0\n")
    let path = sandbox.path(of: "state")
    let error = try #require(throws: StateError.self) { _ = try StateDirectory.open(path, create: true) }
    #expect(error.reason == .newerFormat("2.0"))
    #expect(try sandbox.directory.openSubdirectory("state").list() == ["format"])
  }

  @Test(arguments: ["1.9\n", "garbage", "", "1.0"])
  func `a newer minor format or a damaged one stops nothing and stays`(content: String) throws {
    let sandbox = try Sandbox()
    try sandbox.directory.makeDirectory("state")
    try sandbox.write("state/format", content)
    _ = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    #expect(sandbox.read("state/format") == content)
  }

  @Test func `a path longer than a socket address works`() throws {
    let sandbox = try Sandbox()
    let long = sandbox.path(of: (0..<8).map { "directory-with-a-long-name-\($0)" }.joined(separator: "/"))
    #expect(long.utf8.count > 108)
    let state = try StateDirectory.open(long, create: true)
    guard case .taken(let lock) = try RoleLock.take(.watcher, in: state) else {
      Issue.record("the lock is free")
      return
    }
    #expect(try lock.isCurrent())
  }
}
