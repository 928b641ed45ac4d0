import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// `config/Dockerfile`, where no engine runs: what it says, and its runtime stage made by hand.
@Suite(.ownThread)
struct DockerfileTests {
  private static let root = String(#filePath.dropLast("/Tests/EndToEndTests/DockerfileTests.swift".count))

  private static func file() throws -> Dockerfile {
    let text = text(root + "/config/Dockerfile")
    try #require(!text.isEmpty)
    return Dockerfile(text)
  }

  @Test func `it has two targets, and what it takes from the checkout or another stage is there`() throws {
    let file = try Self.file()
    #expect(file.stages.map(\.name) == ["build", "runtime", "curl", "cronwatch"])
    #expect(try file.stage("cronwatch").base == "runtime", "what a build without --target makes")
    #expect(try file.stage("curl").base == "runtime")
    for stage in file.stages {
      for source in stage.all("COPY") where source.hasPrefix("--from=") {
        let from = source.dropFirst("--from=".count).prefix { $0 != " " }
        #expect(file.stages.prefix { $0.name != stage.name }.contains { $0.name == from }, "\(source)")
      }
    }
    // What a step of the build takes is in the checkout, or made by the first one.
    let steps = try file.stage("build").commands
    #expect(steps.map { $0.first } == ["bin/build", "install", "install"])
    let taken = steps.map { $0[0] == "install" ? $0[$0.count - 2] : $0[0] }
    for path in taken where !path.hasPrefix(".build/release/") {
      #expect(access("\(Self.root)/\(path)", F_OK) == 0, "\(path)")
    }
    #expect(text(Self.root + "/bin/build").contains("--force"))
    let ignored = text(Self.root + "/config/Dockerfile.dockerignore").split(separator: "\n")
    #expect(!ignored.contains { ["LICENSE", "bin", "Sources", "Package.swift", "*"].contains($0) }, "\(ignored)")
  }

  @Test(arguments: ["cronwatch", "curl"]) func `each target has a user, its packages and a health check`(target: String)
    throws
  {
    let stage = try Self.file().whole(target)
    #expect(stage.last("USER") == "cronwatch")
    #expect(stage.last("STOPSIGNAL") == "SIGTERM")
    #expect(stage.last("HEALTHCHECK")?.hasSuffix("CMD [\"cronwatch\", \"status\"]") == true)
    #expect(stage.last("VOLUME") == "/var/lib/cronwatch")
    #expect(stage.commands.contains { $0.first == "useradd" && $0.contains("10001") })
    let packages = Set(stage.commands.filter { $0.prefix(2) == ["apt-get", "install"] }.flatMap { $0 })
    #expect(packages.isSuperset(of: ["ca-certificates", "tzdata", "libstdc++6"]))
    #expect(packages.isSuperset(of: ["curl", "openssl"]) == (target == "curl"))
  }

  /// $0 = the root to make, $1 = the program; the rest is what its `ENTRYPOINT` and `CMD` say.
  ///
  /// This machine's own files stand for the image's packages: the program and `sh` with their libraries, and zone data.
  private static let make = """
    set -eu
    root=$0 program=$1
    shift
    umask 022
    chmod 755 "$root" "$root/etc" "$root/etc/cronwatch"
    mkdir -p "$root/usr/local/bin" "$root/usr/share" "$root/bin" "$root/proc" "$root/dev" "$root/etc"
    cp "$program" "$root/usr/local/bin/cronwatch"
    cp -L /bin/sh "$root/bin/sh"
    ldd "$program" /bin/sh | grep -o '/[^ ]*[.]so[^ :]*' | sort -u | xargs cp -L --parents -t "$root"
    cp -a /usr/share/zoneinfo "$root/usr/share/zoneinfo"
    echo 'cronwatch:x:10001:10001::/var/lib/cronwatch:/usr/sbin/nologin' > "$root/etc/passwd"
    echo 'cronwatch:x:10001:' > "$root/etc/group"
    install -d -m 700 -o 10001 -g 10001 "$root/var/lib/cronwatch"
    : > "$root/dev/null"
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --bind /dev/null "$root/dev/null"
    mount --bind "$root/var/lib/cronwatch" "$root/var/lib/cronwatch"
    mount -o remount,bind,ro "$root"
    exec chroot --userspec=10001:10001 --groups= "$root" "$@"
    """

  @Test func `a root as the runtime stage makes it becomes ready, answers its health check, and ends on TERM`() throws {
    try Container.requireThatItCanBeMade()
    if access("/usr/share/zoneinfo/Europe/Paris", F_OK) != 0 { try Test.cancel("no zone data is installed") }
    let stage = try Self.file().whole("cronwatch")
    let environment = try #require(stage.last("ENV")).split(separator: " ").map { $0.split(separator: "=") }
    var variables = Dictionary(uniqueKeysWithValues: environment.map { (String($0[0]), String($0[1])) })
    variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    let command = Dockerfile.words(try #require(stage.last("ENTRYPOINT"))) + Dockerfile.words(stage.last("CMD") ?? "")
    let health = Dockerfile.words(String(try #require(stage.last("HEALTHCHECK")?.split(separator: "CMD").last)))
    try Cronwatch.use { cron in
      try cron.sandbox.write(
        "root/etc/cronwatch/crontab",
        "# cronwatch: name=tick\n@every 1s echo ticked; touch /tried && echo writable\n"
          + "# cronwatch: name=far zone=Europe/Paris\n0 0 1 1 * true\n")
      let root = cron.sandbox.path(of: "root")
      var started = try Program.start(
        ["--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", Self.make, root, Program.path] + command,
        environment: variables, filePrefix: cron.sandbox.path(of: "commands/image"), executable: "/usr/bin/unshare",
        name: "unshare")
      let (outer, errors) = (started.pid, started.errorPath)
      let first = try waitForValue("its first process", seconds: 60) {
        if ProcessStatus.read(outer)?.state == "Z" { throw DeadlineMissed(description: text(errors)) }
        return ProcessStatus.children(of: outer).first {
          ProcessStatus.commandLine(of: $0)?.dropFirst().first == "role"
        }
      }
      /// `docker exec`: its exit status, and what it said.
      func inside(_ words: [String]) throws -> (exit: ExitCause, output: String) {
        var entered = try Program.start(
          ["-t", "\(first)", "-m", "-p", "-r", "-w", "-S", "10001", "-G", "10001"] + words, environment: variables,
          filePrefix: cron.sandbox.path(of: "commands/inside"), executable: "/usr/bin/nsenter", name: "nsenter")
        let output = entered.outputPath
        return (try entered.wait("\(words) inside", seconds: 90), text(output))
      }
      try cron.wait("a health check that succeeds; it says: \(text(errors))", seconds: 60) {
        try inside(health).exit == .exited(0)
      }
      try cron.wait("a run") { try inside(["cronwatch", "logs", "tick"]).output.contains("ticked") }
      let list = try inside(["cronwatch", "list", "--json"]).output
      #expect(list.contains("Europe/Paris"), "\(list)")
      #expect(try !inside(["cronwatch", "logs", "tick"]).output.contains("writable"))
      #expect(ProcessStatus.commandLine(of: first)?.contains("init") == true, "it is PID 1")

      #expect(kill(first, SIGTERM) == 0)
      #expect(try started.wait("the image", seconds: 90) == .exited(0))
    }
  }
}
