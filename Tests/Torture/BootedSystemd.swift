import CronSystem
import CronTestSupport
import EndToEndSupport
import Glibc
import Testing

/// A systemd that was booted in namespaces of its own, over a copy of the machine's root that is thrown away, with
/// cronwatch installed as bin/install does it. `/srv` there is for jobs.
final class BootedSystemd {
  private static let systemd = "/lib/systemd/systemd"

  /// $0 = the working directory, $1 = the program, $2 = the unit.
  private static let boot = """
    set -eu
    base=$0 root=$0/root
    mount -t tmpfs tmpfs "$base"
    mkdir "$base"/upper "$base"/work "$root"
    mount -t overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" overlay "$root"
    mount -t proc proc "$root"/proc
    mount -t sysfs -o ro sysfs "$root"/sys
    mount -t cgroup2 cgroup2 "$root"/sys/fs/cgroup
    mount --rbind /dev "$root"/dev
    # Nothing of the machine's own services is seen there.
    for path in run tmp srv var/lib etc/init.d etc/systemd/system lib/systemd/system lib/systemd/system-generators; do
      mkdir -p "$root/$path"
      mount -t tmpfs -o mode=755 tmpfs "$root/$path"
    done
    for name in sysinit basic sockets timers paths slices local-fs multi-user; do
      printf '[Unit]\\nDescription=%s\\n' "$name" > "$root/lib/systemd/system/$name.target"
    done
    printf '[Unit]\\nDefaultDependencies=no\\n' > "$root/lib/systemd/system/shutdown.target"
    mkdir -p "$root/etc/cronwatch" "$root/etc/systemd/system/cronwatch.service.d"
    printf '[crontabs]\\nfiles = /srv/crontab\\n[jobs]\\ndrain = 1s\\n' > "$root/etc/cronwatch/cronwatch.conf"
    cp "$2" "$root/etc/systemd/system/cronwatch.service"
    printf '[Service]\\nWatchdogSec=3\\nTimeoutAbortSec=1\\n' \\
      > "$root/etc/systemd/system/cronwatch.service.d/short.conf"
    cp "$1" "$root/usr/local/bin/cronwatch"
    tr -d - < /proc/sys/kernel/random/uuid > "$root/etc/machine-id"
    exec env -i container=cronwatch PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
      chroot "$root" /lib/systemd/systemd --unit=multi-user.target --show-status=no
    """

  private let cron: Cronwatch
  private let group: String
  private let container: Program.Started
  /// systemd's pid outside.
  private let pid: Int32

  /// Boots it; a machine that doesn't allow that skips the row.
  init(_ cron: Cronwatch, unit: String) throws {
    self.cron = cron
    if access(Self.systemd, X_OK) != 0 { throw RowSkipped("systemd isn't installed") }
    for name in ["unshare", "nsenter", "mount", "chroot", "systemctl"] { _ = try Surroundings.tool(name) }
    let mounts = text("/proc/self/mounts").split(separator: "\n").map { $0.split(separator: " ") }
    guard let groups = mounts.first(where: { $0.count > 2 && $0[2] == "cgroup2" })?[1] else {
      throw RowSkipped("no cgroup2 is mounted")
    }
    group = "\(groups)/cronwatch-torture-\(CurrentProcess.identifier)"
    if mkdir(group, 0o755) != 0 { throw RowSkipped("can't make a cgroup in \(groups): \(Errno(rawValue: errno))") }
    let base = cron.sandbox.path(of: "systemd")
    _ = try Directory.create(base)
    let enter =
      "echo $$ > \"$0/cgroup.procs\" && exec unshare --mount --pid --fork --cgroup --uts --ipc --kill-child "
      + "--propagation private /bin/sh -c \"$1\" \"$2\" \"$3\" \"$4\""
    container = try Surroundings.start(
      ["/bin/sh", "-c", enter, group, Self.boot, base, Program.path, unit],
      filePrefix: cron.sandbox.path(of: "commands/systemd"))
    let (outer, errors) = (container.pid, container.errorPath)
    do {
      pid = try waitForValue("systemd") {
        ProcessStatus.children(of: outer).first { ProcessStatus.commandLine(of: $0)?.first == Self.systemd }
      }
    } catch {
      throw RowSkipped("systemd can't be booted in namespaces: \(text(errors).split(separator: "\n").last ?? "")")
    }
    try cron.wait("systemd's answer") {
      (try? systemctl(["is-system-running"], mayFail: true))?.contains("ing") == true
    }
  }

  deinit {
    do { try ProcessDescriptor(child: container.pid).signal(Signal.kill) } catch {}
    // The groups go once their processes have.
    for _ in 0..<200 {
      let below = text("\(group)/cgroup.events")
      if below.contains("populated 0") { break }
      _ = poll(nil, 0, 20)
    }
    Self.removeGroup(group)
  }

  private static func removeGroup(_ path: String) {
    for name in (try? Directory.open(path).list()) ?? [] where !name.contains(".") || name.contains(".s") {
      if access("\(path)/\(name)/cgroup.procs", F_OK) == 0 { removeGroup("\(path)/\(name)") }
    }
    rmdir(path)
  }

  /// The path outside of one inside.
  func path(_ inside: String) -> String { "/proc/\(pid)/root\(inside)" }

  /// Runs a command inside; returns its output.
  @discardableResult
  func run(_ words: [String], mayFail: Bool = false) throws -> String {
    let prefix = cron.sandbox.path(of: "commands/inside")
    let enter = ["nsenter", "-t", "\(pid)", "-m", "-p", "-C", "-r", "-w"]
    var command = try Surroundings.start(enter + words, filePrefix: prefix)
    let cause = try command.wait(words.joined(separator: " "), seconds: 60)
    guard mayFail || cause == .exited(0) else {
      throw RowFailure("\(words.joined(separator: " ")): \(cause): \(text(prefix + ".err"))\(text(prefix + ".out"))")
    }
    return text(prefix + ".out")
  }

  /// Runs systemctl inside.
  @discardableResult
  func systemctl(_ words: [String], mayFail: Bool = false) throws -> String {
    try run(["systemctl"] + words, mayFail: mayFail)
  }

  /// A property of our service.
  func property(_ name: String) throws -> String {
    String(try systemctl(["show", "-P", name, "cronwatch"]).prefix { $0 != "\n" })
  }

  /// Waits until the service runs, says that jobs will fire, and has another main process than that one.
  func waitForService(than old: String) throws -> String {
    try waitForValue("another watcher than \(old) whose jobs fire", seconds: 60) {
      let main = try property("MainPID")
      let isUp = try property("SubState") == "running" && property("StatusText").contains(" healthy: jobs will fire")
      return isUp && main != "0" && main != old ? main : nil
    }
  }
}
