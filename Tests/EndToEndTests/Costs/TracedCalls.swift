import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// What strace(1) saw of an instance of the release binary: the system calls of each process, and when they began.
struct TracedCalls {
  /// Whose call it was.
  enum Caller: Hashable {
    case watcher, ticker, worker
    /// A job's process before it becomes the job.
    case launch
    /// The thread that syncs the ledger.
    case sync
    case other
  }

  private struct Call {
    var caller: Caller
    let name: Substring
    let atMicroseconds: Int64
  }

  private static let strace = "/usr/bin/strace"
  private var calls: [Call] = []

  /// Lets an instance live under strace until the body has seen enough, and ends it.
  static func of(_ cron: Cronwatch, _ body: () throws -> Void) throws -> TracedCalls {
    let program = try ReleaseProgram.path("cronwatch")
    if access(strace, X_OK) != 0 { try Test.cancel("strace isn't installed") }
    let output = cron.sandbox.path(of: "calls")
    var tracer = try cron.spawn(
      [
        "-f", "-qq", "-ttt", "-s", "64", "-e", "signal=none", "-o", output, program, "start", "--foreground",
        cron.crontabPath,
      ], executable: strace)
    try cron.wait("a ticker, or what keeps strace from tracing") {
      text(cron.state + "/heartbeat/ticker").contains("phase=ticking") || text(tracer.errorPath).contains("ptrace")
    }
    if text(tracer.errorPath).contains("not permitted") { try Test.cancel("strace may trace nothing here") }
    try body()
    try cron.stop()
    _ = try tracer.wait("strace", seconds: 90)
    return TracedCalls(text(output))
  }

  init(_ text: String) {
    // A process that executes something was a child of ours until then; one that never does is a thread.
    var (callers, begun): ([Substring: Caller], [Substring: [Int]]) = ([:], [:])
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
      guard parts.count == 3, let seconds = Double(parts[1]), let first = parts[2].first, first.isLetter,
        let end = parts[2].firstIndex(of: "(")
      else { continue }
      let (process, name) = (parts[0], parts[2][..<end])
      if name == "execve" {
        let caller = Self.caller(executing: parts[2])
        if callers[process] == nil, caller == .other {
          for index in begun[process] ?? [] { calls[index].caller = .launch }
        }
        begun[process] = nil
        callers[process] = caller
      }
      if callers[process] == nil { begun[process, default: []].append(calls.count) }
      calls.append(Call(caller: callers[process] ?? .sync, name: name, atMicroseconds: Int64(seconds * 1e6)))
    }
  }

  /// Whose program `execve("PATH", ["cronwatch", "role", "ticker", …` starts.
  private static func caller(executing call: Substring) -> Caller {
    let words = call.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    guard words.count > 3, words[2] == "role" else { return .other }
    switch words[3] {
    case "watcher": return .watcher
    case "ticker": return .ticker
    case "worker": return .worker
    default: return .other
    }
  }

  /// How many calls somebody began between two moments, all or those of a name.
  func count(_ caller: Caller, _ name: String? = nil, in moments: Range<Int64>) -> Int {
    calls.count { call in
      guard call.caller == caller, moments.contains(call.atMicroseconds) else { return false }
      return name.map(call.name.elementsEqual) ?? true
    }
  }
}
