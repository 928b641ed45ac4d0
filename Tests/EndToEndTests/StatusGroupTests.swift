import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// `[watcher] status-group`, as somebody who may do nothing else meets it.
@Suite(.ownThread)
struct StatusGroupTests {
  /// Sends one line to a socket in the state directory and takes the answer.
  private static func ask(_ cron: Cronwatch, _ socket: String, _ line: String) throws -> JSONValue {
    let client = try UnixSocket.connect(in: Directory.open(cron.state), name: socket)
    _ = try client.send(Array("\(line)\n".utf8))
    var answer: [UInt8] = []
    try cron.wait("an answer to \(line)") {
      if case .bytes(let more, _) = try client.receive(upTo: 100_000) { answer += more }
      return answer.last == UInt8(ascii: "\n")
    }
    return try JSONReader.parse(answer)
  }

  private static func groupName() throws -> String {
    let entry = try #require(getgrgid(getegid()))
    return String(cString: entry.pointee.gr_name)
  }

  @Test func `a group may ask for status, and can neither stop nor run anything`() throws {
    try Cronwatch.use(configuration: "[watcher]\nstatus-group = \(try Self.groupName())\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("0 0 1 1 *", name: "rare"))
      try cron.start()
      try cron.waitForVerdict("healthy")
      let watcher = try cron.watcher()
      let answer = try Self.ask(cron, "status.sock", "{\"verb\":\"status\"}")
      #expect(answer["ok"]?.boolValue == true && answer["exit"]?.integerValue == 0)
      #expect(answer["status"]?["verdict"]?.stringValue == "healthy")
      for request in [
        "{\"verb\":\"stop\"}", "{\"verb\":\"run\",\"job\":\"rare\"}", "{\"verb\":\"reload\"}", "{\"verb\":\"ping\"}",
        "{\"verb\":\"\"}", "{}", "{\"verb\":\"STATUS\"}",
      ] {
        let refused = try Self.ask(cron, "status.sock", request)
        #expect(refused["ok"]?.boolValue == false && refused["exit"]?.integerValue == 77, "\(request)")
      }
      #expect(try Self.ask(cron, "status.sock", "nonsense")["exit"]?.integerValue == 65)
      #expect(try cron.watcher() == watcher && cron.evidence().isEmpty)
      let doctor = try cron.run(["doctor", "--json"]).jsonLines()
      let row = doctor.first { $0["check"]?.stringValue == "permissions" }
      #expect(row?["result"]?.stringValue == "ok", "what is meant is no problem")

      // Somebody removes it: it comes back.
      try Directory.open(cron.state).unlink("status.sock")
      try cron.wait("the socket's return") { try Directory.open(cron.state).status("status.sock") != nil }

      // Without the setting the next start shuts the door.
      try cron.stop()
      try cron.configure("")
      try cron.start()
      #expect(try Directory.open(cron.state).status("status.sock") == nil)
      #expect(try Directory.open(cron.state).descriptor.status().permissions == 0o700)
    }
  }

  /// A group that nobody here is in, root's aside.
  private static func strangersGroup() throws -> (name: String, number: gid_t) {
    for number in gid_t(1)..<1_000 where number != getegid() {
      if let entry = getgrgid(number) { return (String(cString: entry.pointee.gr_name), number) }
    }
    throw Errno.noEntry
  }

  @Test func `a member under another uid sees the status and nothing else, and who is none sees nothing`() throws {
    let group = try Self.strangersGroup()
    try Cronwatch.use(configuration: "[watcher]\nstatus-group = \(group.name)\n") { cron in
      let (member, nobody) = (try Stranger(cron, group: group.number), try Stranger(cron))
      try cron.crontab(Cronwatch.evidenceLine("0 0 1 1 *", name: "rare"))
      try cron.start()
      try cron.waitForVerdict("healthy")
      let watcher = try cron.watcher()
      let told = try member.run(["status", "--json"])
      #expect(told.exit == 0, "\(told.error)")
      #expect(try told.json()["verdict"]?.stringValue == "healthy")
      #expect(try unwrapped(member.run(["status"]).output).contains("jobs will fire automatically"))
      for words in [
        ["status", "--deaths"], ["list"], ["runs"], ["stop"], ["reload"], ["run", "rare"],
      ] {
        let refused = try member.run(words)
        #expect(refused.exit == 77, "\(words): \(refused.exit) \(refused.output)")
      }
      #expect(try nobody.run(["status"]).exit == 77)
      #expect(try cron.watcher() == watcher && cron.evidence().isEmpty)
      #expect(try cron.verdict() == "healthy")
      // It was told that it has no permission, as if it were a stranger.
      try cron.stop()
      let down = try member.run(["status"])
      #expect(down.exit == 69 && down.error.contains("cronwatch is down"), "\(down.exit) \(down.error)")
      #expect(try nobody.run(["status"]).exit == 77)
    }
  }

  /// Connects, sends a request, and prints the answer's first bytes; it fails when it can't connect.
  private static let asking = """
    $SIG{PIPE} = "IGNORE";
    socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
    connect($s, sockaddr_un($ARGV[0])) or die "connect: $!";
    syswrite($s, $ARGV[1] . "\\n");
    my $n = sysread($s, my $answer, 1000);
    print $n ? $answer : "closed";
    """

  @Test func `another user who gets as far as the control socket is not answered`() throws {
    if access("/usr/bin/perl", X_OK) != 0 { try Test.cancel("/usr/bin/perl isn't installed") }
    try Cronwatch.use { cron in
      let stranger = try Stranger(cron)
      try cron.crontab(Cronwatch.evidenceLine("0 0 1 1 *", name: "rare"))
      try cron.start()
      let watcher = try cron.watcher()
      // What a slip of an administrator's chmod -R would do.
      let directory = try Directory.open(cron.state)
      try directory.descriptor.setPermissions(0o711)
      let socket = cron.state + "/control.sock"
      try #require(chmod(socket, 0o666) == 0)
      for request in ["{\"verb\":\"status\"}", "{\"verb\":\"stop\"}", "{\"verb\":\"ping\"}"] {
        let words = ["-MSocket", "-e", Self.asking, socket, request]
        let answer = try stranger.run("/usr/bin/perl", words)
        #expect(answer.exit == 0 && answer.output == "closed", "\(request): \(answer.output)\(answer.error)")
      }
      #expect(try Self.ask(cron, "control.sock", "{\"verb\":\"status\"}")["ok"]?.boolValue == true, "its owner is")
      #expect(try cron.watcher() == watcher)
    }
  }

  @Test func `a group that isn't there is said, and jobs fire all the same`() throws {
    try Cronwatch.use(configuration: "[watcher]\nstatus-group = no-such-group\n") { cron in
      try cron.crontab(Cronwatch.evidenceLine("@every 1s"))
      let started = try cron.start()
      #expect(started.error.contains("there is no group 'no-such-group'"))
      try cron.waitForEvidence()
    }
  }
}
