import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// A watcher lives for years: once it has warmed up it asks the kernel for no memory, whatever it is asked.
@Suite(.ownThread)
struct WatcherMemoryTests {
  private static let strace = "/usr/bin/strace"

  /// Beats of the watcher, counted by what it writes.
  private static func beat(_ cron: Cronwatch) -> String { text(cron.state + "/heartbeat/watcher") }

  private static func live(_ cron: Cronwatch, beats: Int, statuses: Int) throws {
    for _ in 0..<statuses { #expect(try cron.run(["status"]).exit == 0) }
    for _ in 0..<beats {
      let before = beat(cron)
      try cron.wait("the watcher's next beat") { beat(cron) != before }
    }
  }

  /// What strace(1) sees of a process while something goes on; skips the test where it may not look.
  private static func calls(
    of process: ProcessIdentity, _ cron: Cronwatch, while body: () throws -> Void
  ) throws -> [Substring] {
    let (calls, said) = (cron.sandbox.path(of: "calls"), cron.sandbox.path(of: "strace"))
    let errors = try FileDescriptor.open(said, [.write, .create])
    let tracer = try Spawn.start(
      strace,
      arguments: [
        "strace", "-p", "\(process.pid)", "-o", calls, "-e", "trace=brk,mmap,mremap,munmap,pwrite64",
      ], environment: [], descriptors: [.init(child: 2, raw: errors.raw)])
    defer {
      kill(tracer, SIGKILL)
      _ = try? Reaper.wait(for: tracer)
    }
    try cron.wait("strace") {
      text("/proc/\(process.pid)/status").contains("TracerPid:\t\(tracer)\n") || text(said).contains("attach: ")
    }
    if text(said).contains("not permitted") { try Test.cancel("strace may attach to nothing here") }
    try body()
    try ProcessDescriptor(child: tracer).signal(Signal.interrupt)
    _ = try waitForValue("the end of strace") { try Reaper.peek(child: tracer) }
    return text(calls).split(separator: "\n")
  }

  /// Its report once took 192 KiB and gave them back, at each beat in which a job had run.
  @Test func `a watcher that has warmed up asks the kernel for no memory, whatever it is asked`() throws {
    if access(Self.strace, X_OK) != 0 { try Test.cancel("strace isn't installed") }
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      try cron.start()
      try cron.waitForVerdict("healthy")
      let watcher = try cron.watcher()
      try Self.live(cron, beats: 4, statuses: 20)
      let lines = try Self.calls(of: watcher, cron) { try Self.live(cron, beats: 4, statuses: 20) }
      #expect(lines.count { $0.hasPrefix("pwrite64(") } >= 4, "its beats are seen")
      // What fits into the heap is taken from what was reserved at the start; a large block comes and goes by itself.
      let asked = lines.filter { line in ["brk(", "mmap(", "mremap(", "munmap("].contains { line.hasPrefix($0) } }
      #expect(asked.isEmpty, "\(asked)")
    }
  }
}
