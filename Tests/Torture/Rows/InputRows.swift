import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// What users write, and who talks to us.
extension FaultRow {
  static let inputRows: [FaultRow] = [
    FaultRow(
      number: 10, name: "a FIFO named as a crontab",
      how: "mkfifo; `cronwatch start FIFO`; a FIFO in the place of a crontab that is in use",
      expectation: "refused at once with 78; the last good copy fires on, status names the FIFO",
      status: .says([.must("degraded", "it is a FIFO, not a regular file; its last good copy is in use")]),
      check: .run(fifo)),
    FaultRow(
      number: 51, name: "a crontab unreadable, gone, with NULs, of a gigabyte, half written",
      how: "one after another while running", expectation: "the last good copy fires on, status says why",
      status: .says([.must("degraded", "its last good copy is in use")]),
      check: .run(badCrontabs)),
    FaultRow(
      number: 52, name: "a crontab edited a thousand times a second", how: "rename in a loop for 4 s",
      expectation: "the last version counts; nothing fires twice",
      status: .healthy, check: .run(edits)),
    FaultRow(
      number: 56, name: "clients that connect and never read",
      how: "300 connections to control.sock with a request each",
      expectation: "bounded; beats and status go on",
      status: .healthy, check: .run(silentClients)),
    FaultRow(
      number: 57, name: "storms of signals", how: "HUP, USR1, USR2, PIPE, XFSZ, WINCH, CONT at all of ours for 4 s",
      expectation: "nobody dies; a change made meanwhile is loaded",
      status: .healthy, check: .run(signalStorm)),
    FaultRow(
      number: 77, name: "nobody reads our standard error", how: "`start --foreground` into a full pipe",
      expectation: "beats and jobs go on; lines are lost, nothing else",
      status: .says([.may("starting")]), check: .run(fullPipe)),
  ]

  @Sendable private static func fifo(_ trial: Trial) throws -> String {
    try trial.use(starting: false) { cron in
      let path = cron.sandbox.path(of: "fifo")
      mkfifo(path, 0o600)
      let start = try cron.run(["start", cron.crontabPath, path], seconds: 60)
      try trial.expect(start.exit == 78 && start.seconds < 20, "\(start.exit) after \(start.seconds) s")
      try trial.expect(start.error.contains(path), "it doesn't name the FIFO: \(start.error)")
      let good = text(cron.crontabPath)
      try cron.start()
      try Directory.open(cron.sandbox.path).rename("fifo", to: "crontab")
      try cron.waitForMore(3, of: "tick")
      let message = try cron.waitForVerdict("degraded")["message"]?.stringValue ?? ""
      try trial.expect(message.contains(cron.crontabPath), "status doesn't name it: \(message)")
      try Directory.open(cron.sandbox.path).unlink("crontab")
      try cron.sandbox.write("crontab", good)
      return "exit status 78, then: \(message.split(separator: "/").last ?? "")"
    }
  }

  @Sendable private static func badCrontabs(_ trial: Trial) throws -> String {
    try trial.use { cron in
      let good = JobPlan.tick.crontab + JobPlan.second.crontab
      let ways = [
        "rm -f \"$1\"", "rm -f \"$1\"; mkdir \"$1\"", "rmdir \"$1\"; : > \"$1\"", "printf 'a\\0b' > \"$1\"",
        "truncate -s 1G \"$1\"", "rm -f \"$1\"; ln -s \"$1\" \"$1\"",
      ]
      var said: [String] = []
      for way in ways {
        try Surroundings.run(["/bin/sh", "-c", way, "sh", cron.crontabPath], in: cron)
        try cron.waitForMore(3, of: "tick")
        let status = try cron.waitForVerdict("degraded")
        said.append(status["message"]?.stringValue ?? "")
      }
      try Surroundings.run(["rm", "-f", cron.crontabPath], in: cron)
      try cron.crontab(good)
      try cron.waitForVerdict("healthy")
      try cron.waitForMore(2, of: "tick")
      return "\(ways.count) ways"
    }
  }

  @Sendable private static func edits(_ trial: Trial) throws -> String {
    var versions = 0
    return try trial.use { cron in
      let head = text(cron.crontabPath)
      let began = SystemClock.monotonic()
      while SystemClock.monotonic() - began < 4_000_000_000 {
        versions += 1
        try cron.sandbox.write("next", head + "# cronwatch: name=last\n0 0 29 2 * echo \(versions) > $SANDBOX/last\n")
        try Directory.open(cron.sandbox.path).rename("next", to: "crontab")
        Pause.milliseconds(1)
      }
      try trial.look(cron)
      try cron.wait("the last version is loaded") {
        _ = try cron.run(["run", "last"])
        return cron.sandbox.read("last") == "\(versions)\n"
      }
      try cron.waitForMore(2, of: "tick")
      return "\(versions) versions"
    }
  }

  @Sendable private static func silentClients(_ trial: Trial) throws -> String {
    try trial.use { cron in
      var descriptors: [Int32] = []
      defer { for raw in descriptors { close(raw) } }
      for _ in 0..<300 {
        let raw = socket(
          AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        if raw < 0 { throw RowFailure("no socket: \(errno)") }
        descriptors.append(raw)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array((cron.state + "/control.sock").utf8)) }
        _ = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
          }
        }
        let request = "{\"request\":\"status\"}\n"
        _ = send(raw, request, request.utf8.count, Int32(MSG_NOSIGNAL))
      }
      try cron.waitForMore(3, of: "tick")
      try trial.look(cron)
      let status = try cron.run(["status"])
      try trial.expect(
        [0, 1].contains(status.exit) && status.seconds < 5, "status: \(status.exit) in \(status.seconds) s")
      try trial.expect(try cron.beatAge() ?? 99 < 8, "the beat is old")
      return "\(descriptors.count) connections, status in \((status.seconds * 1000).rounded() / 1000) s"
    }
  }

  @Sendable private static func signalStorm(_ trial: Trial) throws -> String {
    try trial.use { cron in
      try cron.waitForMore(2, of: "tick")
      let (watcher, ticker) = (try cron.watcher(), try cron.ticker())
      let numbers: [Int32] = [SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ, SIGWINCH, SIGCONT]
      let began = SystemClock.monotonic()
      var count = 0
      let head = text(cron.crontabPath)
      try cron.sandbox.write("crontab", head + "# cronwatch: name=last\n0 0 29 2 * echo x > $SANDBOX/last\n")
      while SystemClock.monotonic() - began < 4_000_000_000 {
        for victim in [watcher, ticker] + cron.workers() {
          for number in numbers {
            do { try ProcessDescriptor(victim)?.signal(number) } catch {}
            count += 1
          }
        }
      }
      try trial.expect(watcher.isAlive && ticker.isAlive, "somebody died")
      try trial.look(cron)
      try cron.wait("the change is loaded") { try cron.run(["run", "last"]).exit == 0 }
      try cron.waitForMore(2, of: "tick")
      return "\(count) signals"
    }
  }

  @Sendable private static func fullPipe(_ trial: Trial) throws -> String {
    try trial.use(starting: false) { cron in
      var ends: [Int32] = [-1, -1]
      if pipe(&ends) != 0 { throw RowFailure("no pipe") }
      defer { for raw in ends { close(raw) } }
      _ = Surroundings.fill(ends[1])
      let pid = try Spawn.start(
        Program.path, arguments: ["cronwatch", "start", "--foreground", cron.crontabPath],
        environment: cron.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
        descriptors: [.init(child: 1, raw: ends[1]), .init(child: 2, raw: ends[1])])
      defer { Surroundings.end(pid) }
      try cron.waitForMore(3, of: "tick")
      let ticker = try cron.ticker()
      try cron.signal(ticker, Signal.kill)
      try cron.waitForAnotherTicker(than: ticker)
      try cron.waitForMore(3, of: "tick")
      try trial.expect(try cron.beatAge() ?? 99 < 8, "the beat is old")
      try trial.look(cron)
      _ = try cron.run(["stop"])
      return ""
    }
  }
}

extension Surroundings {
  /// Fills a pipe to the last byte and leaves it blocking.
  static func fill(_ raw: Int32) -> Int {
    let flags = fcntl(raw, F_GETFL)
    _ = fcntl(raw, F_SETFL, flags | O_NONBLOCK)
    var count = 0
    let byte: [UInt8] = [0x2e]
    while write(raw, byte, 1) == 1 { count += 1 }
    _ = fcntl(raw, F_SETFL, flags)
    return count
  }

  /// Kills and reaps a child.
  static func end(_ pid: Int32) {
    do {
      try ProcessDescriptor(child: pid).signal(Signal.kill)
      _ = try Reaper.wait(for: pid)
    } catch {}
  }
}
