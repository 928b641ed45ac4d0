import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Under a service manager, and as PID 1 of a container.
extension FaultRow {
  static let serviceRows: [FaultRow] = [
    FaultRow(
      number: 82, name: "a booted systemd reloads, restarts, loses and stops the service",
      how:
        "systemd in namespaces, config/cronwatch.service; kill -9 and SIGSTOP of the watcher, each with a running job",
      expectation: "the status says what holds; another watcher comes each time; the job outlives everything",
      status: .says([.must("healthy", "jobs will fire automatically"), .may("starting")]), needs: [.root],
      check: .run(systemd)),
    FaultRow(
      number: 83, name: "10,000 zombies at PID 1 of a container",
      how: "a foreign process with 10,000 dead children dies",
      expectation: "all are reaped, no fire is late or lost, and TERM ends the container in time",
      status: .healthy, needs: [.root], check: .run(zombies)),
  ]

  private static let crontab = """
    # cronwatch: name=tick
    @every 1s echo "$CRONWATCH_OCCURRENCE" >> /srv/tick
    # cronwatch: name=long
    @every 1s echo $$ >> /srv/long; while [ ! -e /srv/go ]; do sleep 0.1; done; exit 7

    """

  @Sendable private static func systemd(_ trial: Trial) throws -> String {
    var seen = ""
    try Cronwatch.use { cron in
      let root = String(describing: #filePath).split(separator: "/").dropLast(4).joined(separator: "/")
      let host = try BootedSystemd(cron, unit: "/\(root)/config/cronwatch.service")
      do {
        seen = try trial.status.use { try serve(trial, cron, host) }
      } catch {
        let log = try host.run(["systemctl", "status", "cronwatch"], mayFail: true)
        throw RowFailure("\(error); \(log)")
      }
    }
    return seen
  }

  private static func serve(_ trial: Trial, _ cron: Cronwatch, _ host: BootedSystemd) throws -> String {
    let file = try FileDescriptor.open(host.path("/srv/crontab"), [.write, .create])
    try file.write(Array(crontab.utf8))
    try file.close()
    // `start` returns with READY: then jobs fire.
    try host.systemctl(["start", "cronwatch"])
    var main = try host.waitForService(than: "0")
    func pids() -> [Substring] { text(host.path("/srv/long")).split(separator: "\n") }
    func ticks() -> Int { text(host.path("/srv/tick")).split(separator: "\n").count }
    try cron.wait("the long job") { pids().count == 1 }
    let job = String(pids()[0])
    func expectJob(_ when: String) throws {
      try trial.expect(access(host.path("/proc/\(job)"), F_OK) == 0 && pids().count == 1, "\(when): the job is gone")
      let before = ticks()
      try cron.wait("ticks \(when)") { ticks() > before + 1 }
      let told = try host.run(["/usr/local/bin/cronwatch", "status", "--json"], mayFail: true)
      try trial.status.take(JSONReader.parse(Array(told.utf8)))
    }
    try host.systemctl(["reload", "cronwatch"])
    try trial.expect(try host.property("MainPID") == main, "the reload made another watcher")
    try expectJob("after the reload")
    try host.systemctl(["restart", "cronwatch"])
    main = try host.waitForService(than: main)
    try expectJob("after the restart")
    try host.systemctl(["kill", "-s", "KILL", "--kill-who=main", "cronwatch"])
    let killed = try trial.milliseconds { main = try host.waitForService(than: main) }
    try expectJob("after kill -9 of the watcher")
    try host.systemctl(["kill", "-s", "STOP", "--kill-who=main", "cronwatch"])
    let stopped = try trial.milliseconds { main = try host.waitForService(than: main) }
    try expectJob("after SIGSTOP of the watcher")
    let restarts = try host.property("NRestarts")
    try host.systemctl(["stop", "cronwatch"])
    let (active, result) = (try host.property("ActiveState"), try host.property("Result"))
    try trial.expect(active == "inactive" && result == "success", "after the stop: \(active), \(result)")
    try trial.expect(access(host.path("/proc/\(job)"), F_OK) == 0, "the stop ended the job")
    let left = try host.run(["pgrep", "-f", "role (watcher|ticker)"], mayFail: true)
    try trial.expect(left.isEmpty, "a stop left \(left)")
    try FileDescriptor.open(host.path("/srv/go"), [.write, .create]).close()
    try cron.wait("the job's end") { access(host.path("/proc/\(job)"), F_OK) != 0 }
    try host.systemctl(["start", "cronwatch"])
    let runs = try host.run(["/usr/local/bin/cronwatch", "runs", "long", "--limit", "0"])
    let oldest = runs.split(separator: "\n").last ?? ""
    try trial.expect(oldest.contains("failed: exit 7"), "its exit isn't recorded: \(runs)")
    let audit = try host.run(["/usr/local/bin/cronwatch", "audit"], mayFail: true)
    try trial.expect(audit.contains("no findings"), "audit: \(audit)")
    return
      "back \(killed) ms after kill -9, \(stopped) ms after SIGSTOP (WatchdogSec=3); \(restarts) automatic restarts"
  }

  @Sendable private static func zombies(_ trial: Trial) throws -> String {
    for name in ["perl", "nsenter"] { _ = try Surroundings.tool(name) }
    return try trial.use([JobPlan.tick], starting: false) { cron in
      let words = [
        "--pid", "--fork", "--mount-proc", "--kill-child", Program.path, "start", "--foreground", cron.crontabPath,
      ]
      var container = try cron.spawn(words, executable: try Surroundings.tool("unshare"))
      try cron.waitForMore(2, of: "tick", seconds: 60)
      let stub = try ProcessStatus.children(of: container.pid).first.map { $0 } ?? { throw RowFailure("no PID 1") }()
      func dead() -> Int {
        ProcessStatus.children(of: stub).count { ProcessStatus.read($0)?.state == "Z" }
      }
      let storm =
        "for (1..10000) { my $p = fork; next unless defined $p; kill 9, $$ unless $p; $n++ } "
        + "open F, '>', $ARGV[0]; print F $n; close F; kill 9, $$"
      let count = cron.sandbox.path(of: "zombies")
      var foreign = try Surroundings.start(
        ["nsenter", "-t", "\(stub)", "-p", "-m", "perl", "-e", storm, count],
        filePrefix: cron.sandbox.path(of: "commands/foreign"))
      _ = try foreign.wait("the storm", seconds: 120)
      let began = SystemClock.monotonic()
      _ = try cron.status()
      try cron.wait("an end of the zombies", seconds: 60) { dead() == 0 }
      let took = (SystemClock.monotonic() - began) / 1_000_000
      try cron.waitForMore(2, of: "tick", seconds: 60)
      try trial.look(cron)
      let late = try cron.runs("tick").compactMap(\.latenessMilliseconds).max() ?? 0
      let stopped = try trial.milliseconds {
        try ProcessDescriptor(child: stub).signal(Signal.terminate)
        _ = try container.wait("the container", seconds: 10)
      }
      return "\(text(count)) zombies gone in \(took) ms; at most \(late) ms late; ended in \(stopped) ms"
    }
  }
}
