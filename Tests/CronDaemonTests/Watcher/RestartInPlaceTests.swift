import CronSystem
import CronTestSupport
import CronWire
import Glibc
import Testing

@testable import CronDaemon

@Suite(.timeLimit(.minutes(15))) struct RestartInPlaceTests {
  /// A program that passes its test as a file says, and as a watcher writes down how it was called.
  private static let program = """
    #!/bin/sh
    cd "${0%/*}" || exit 99
    if [ "$1" = version ]; then echo "$@" > tested; while [ -e hold ]; do sleep 0.01; done; exit "$(cat verdict)"; fi
    echo "$$ $@" > called.new; mv called.new called; exec sleep 1000
    """

  private func ask(_ watched: WatchedSandbox, _ program: String, _ words: [String]) throws -> JSONValue {
    let listed: [JSONValue] = words.map { .string($0) }
    return try ControlClient.ask(
      watched.state, ["verb": "restart", "program": .string(program), "words": .array(listed)])
  }

  private func program(_ watched: WatchedSandbox, verdict: Int) throws -> String {
    try watched.sandbox.write("next/program", Self.program, permissions: 0o755)
    try watched.sandbox.write("next/verdict", "\(verdict)")
    return watched.sandbox.path(of: "next/program")
  }

  @Test func `a program that passes its test becomes the watcher: same pid, lock and memory`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let ticker = try watched.waitForTicker(1)
    let identity = try #require(ProcessIdentity.read(watched.watcher))
    let words = ["--config", "/new.conf", "--foreground", "yes", "--state", "/elsewhere", "--lock-fd", "99"]
    let answer = try ask(watched, try program(watched, verdict: 0), words)
    #expect(answer["ok"] == true && answer["execution"] == 1)
    try waitUntil("the program runs") { watched.sandbox.read("next/called") != nil }
    #expect(watched.sandbox.read("next/tested") == "version --self-test --state \(watched.state.path)\n")
    let called = (watched.sandbox.read("next/called") ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(Int32(called[0]) == watched.watcher && identity.isAlive)
    #expect(Array(called[1...2]) == ["role", "watcher"])
    let told = try #require(RoleArguments(Array(called.dropFirst(3))))
    // Where it runs is its own; what was asked for is taken; what an execution is told comes from the watcher alone.
    #expect(told.all("state") == [watched.state.path] && told["foreground"] == nil)
    #expect(told.all("config") == ["/new.conf"] && told["execution"] == "1" && told["ready-fd"] == nil)
    #expect(told["ticker-program"] == nil)
    #expect(try RoleLock.query(.watcher, in: watched.state).holder == identity)
    let open = try descriptors(of: watched.watcher)
    #expect(open[try #require(told.number("lock-fd"))]?.hasSuffix("/watcher.lock") == true)
    #expect(open[try #require(told.number("spill-fd"))]?.contains("memfd:cronwatch-spill") == true)
    // The ticker left in order, which is no death.
    #expect(ProcessStatus.read(ticker)?.state ?? "Z" == "Z")
    let end = try #require(try Deaths(watched.state).all().last)
    #expect(end.pid == ticker && end.reason == "restart" && !end.isUnwanted)
  }

  struct BadProgram: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let path: String
    var words: [String] = []
    let exit: JSONValue
  }

  @Test(arguments: [
    BadProgram(testDescription: "fails its test", path: "next/program", exit: 70),
    BadProgram(testDescription: "isn't there", path: "next/gone", exit: 70),
    BadProgram(testDescription: "is no file", path: "next", exit: 70),
    BadProgram(testDescription: "has bad words", path: "next/program", words: ["--interval-ms", "soon"], exit: 64),
    BadProgram(testDescription: "has odd words", path: "next/program", words: ["--interval-ms"], exit: 64),
  ])
  func `a program that can't take over changes nothing`(_ row: BadProgram) throws {
    let watched = try WatchedSandbox()
    try watched.start()
    let ticker = try watched.waitForTicker(1)
    _ = try program(watched, verdict: 1)
    let answer = try ask(watched, watched.sandbox.path(of: row.path), row.words)
    #expect(answer["ok"] == false && answer["exit"] == row.exit)
    #expect(try watched.ask("echo")["pid"]?.integerValue == Int64(ticker))
    #expect(try watched.ask("ping")["execution"] == 0)
    #expect(watched.tickers == [ticker])
    #expect(watched.sandbox.read("next/called") == nil)
  }

  @Test func `one restart at a time, and a stop goes before it`() throws {
    let watched = try WatchedSandbox()
    try watched.start()
    _ = try watched.waitForTicker(1)
    let next = try program(watched, verdict: 0)
    try watched.sandbox.write("next/hold", "")
    let state = watched.state
    let request: JSONValue = ["verb": "restart", "program": .string(next), "words": []]
    let waiting = try UnixSocket.connect(in: state.root, name: ControlLimits.socketName)
    _ = try waiting.send((JSONWriter.line(request) + [UInt8(ascii: "\n")])[...])
    try waitUntil("the program tests itself") { watched.sandbox.read("next/tested") != nil }
    #expect(try ask(watched, next, [])["exit"] == 75)
    #expect(try watched.ask("stop")["ok"] == true)
    #expect(try watched.end() == .exited(0))
    #expect(watched.sandbox.read("next/called") == nil)
    unlink(watched.sandbox.path(of: "next/hold"))
  }

  @Test func `a ticker that doesn't leave is no reason to wait for ever`() throws {
    let watched = try WatchedSandbox()
    try watched.behave("deaf")
    try watched.start()
    let ticker = try watched.waitForTicker(1)
    #expect(try ask(watched, try program(watched, verdict: 0), [])["ok"] == true)
    try waitUntil("the program runs") { watched.sandbox.read("next/called") != nil }
    #expect(ProcessStatus.read(ticker)?.parent == watched.watcher)
  }

  /// The open descriptors of a process and what they stand for.
  private func descriptors(of pid: Int32) throws -> [Int32: String] {
    let directory = try Directory.open("/proc/\(pid)/fd")
    var table: [Int32: String] = [:]
    for name in try directory.list() { if let number = Int32(name) { table[number] = try? directory.linkTarget(name) } }
    return table
  }
}
