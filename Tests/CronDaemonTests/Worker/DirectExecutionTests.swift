import CronConfig
import CronSystem
import CronTestRandom
import CronTestSupport
import Testing

@testable import CronDaemon

/// What a probe saw of its own process, and how it ended.
private struct Sighting: Hashable {
  var environment: [String]
  var words: [String]
  var rest: String
  var end: ExitCause
}

/// Random command lines; the same seed gives the same ones.
private struct LineGenerator {
  var random: SeededGenerator
  let sandbox: String

  private static let printable = (0x21...0x7E).map { Character(Unicode.Scalar(UInt8($0))) } + ["é", "€"]
  private static let plain = Array("abcXYZ0123456789_-+=:,./@%{}]^!#")

  mutating func line() -> String {
    var line = program()
    for _ in 0..<Int.random(in: 0...5, using: &random) {
      line += [" ", " ", " ", "\t", "   "].randomElement(using: &random) ?? " "
      line += word()
    }
    if Bool.random(using: &random) { line += " " }
    return Int.random(in: 0..<20, using: &random) == 0 ? "  " + line : line
  }

  private mutating func program() -> String {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: "missing"
    case 1: "./plain"
    case 2: "\(sandbox)/bin"
    case 3, 4: "noformat"
    case 5: word()
    case 6: "bin/probe"
    case 7, 8: "\(sandbox)/bin/probe"
    case 9: "./bin/../bin/probe"
    default: "probe"
    }
  }

  private mutating func word() -> String {
    let alphabet = Int.random(in: 0..<8, using: &random) == 0 ? Self.printable : Self.plain
    return String(
      (0..<Int.random(in: 1...9, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
  }
}

@Suite struct DirectExecutionTests {
  /// One child only, because it runs some thousands of times; `mark` holds a newline.
  private static func probe(_ sandbox: borrowing Sandbox) -> String {
    """
    #!/bin/sh
    /bin/cat /proc/$$/environ \(sandbox.path)/mark /proc/$$/cmdline \(sandbox.path)/mark
    pwd -P
    for entry in /proc/$$/fd/*; do printf '%s ' "${entry##*/}"; done
    umask
    ulimit -n
    exit $#
    """
  }

  private static let environments: [[(String, String)]] = [
    [], [("MAILTO", "")], [("A", "x y"), ("B", "é"), ("C", "a=b")], [("IFS", ":")], [("PWD", "/")], [("PWD", "x")],
    [("OPTIND", "7")], [("a-b", "dropped")], [("OLDPWD", "/tmp")], [("PPID", "1"), ("LINENO", "9")], [("ENV", "/none")],
    [("PS1", "$ "), ("_", "under")], [("TERM", "dumb"), ("LANG", "C.UTF-8"), ("LC_ALL", "C")], [("x1", "\n")],
  ]

  @Test func `2,000 generated lines are the same directly and through sh`() throws {
    guard try linkTarget(ofPath: "/bin/sh").hasSuffix("dash") else { try Test.cancel("/bin/sh isn't dash") }
    let sandbox = try Sandbox()
    try sandbox.write("bin/probe", Self.probe(sandbox), permissions: 0o755)
    try sandbox.write("mark", "\n")
    try sandbox.write("bin/noformat", "/bin/cat /proc/$$/cmdline; exit 9\n", permissions: 0o755)
    try sandbox.write("plain", "#!/bin/sh\n", permissions: 0o644)
    let record = try FileDescriptor.open(sandbox.path(of: "record"), [.readWrite, .create])
    let input = try FileDescriptor.open("/dev/null", .read)
    var lines = LineGenerator(random: SeededGenerator(seed: 20_260_618), sandbox: sandbox.path)
    var compared = 0
    var differences: [String] = []
    while compared < 2_000 {
      let line = lines.line()
      let extra = Self.environments.randomElement(using: &lines.random) ?? []
      var order = SlotOrder(claim: SlotClaim(run: "r", sequence: 1), job: "job", command: .line(line))
      order.environment =
        [.init(name: "HOME", value: sandbox.path), .init(name: "PATH", value: "/nowhere:\(sandbox.path)/bin")]
        + extra.map { SlotOrder.Variable(name: $0.0, value: $0.1) }
      let prepared = try JobPreparation(order)
      guard prepared.direct != nil else { continue }
      compared += 1
      var shell = prepared
      shell.direct = nil
      // Both at once: they share nothing but the machine.
      let directly = try Self.start(prepared, "direct", input: input.raw, record: record.raw, sandbox)
      let byShell = try Self.start(shell, "shell", input: input.raw, record: record.raw, sandbox)
      let direct = try Self.sighting(directly, "direct", sandbox)
      let through = try Self.sighting(byShell, "shell", sandbox)
      if direct != through { differences.append("\(line) with \(extra): \(direct) instead of \(through)") }
    }
    #expect(differences.isEmpty, "\(differences.count): \(differences.prefix(3))")
  }

  /// That the generated lines reach the probe at all, with what is asked of them.
  @Test func `a probe sees its words, PWD and nothing else`() throws {
    let sandbox = try Sandbox()
    try sandbox.write("bin/probe", Self.probe(sandbox), permissions: 0o755)
    try sandbox.write("mark", "\n")
    let record = try FileDescriptor.open(sandbox.path(of: "record"), [.readWrite, .create])
    let input = try FileDescriptor.open("/dev/null", .read)
    var order = SlotOrder(claim: SlotClaim(run: "r", sequence: 1), job: "job", command: .line("probe a  b\tc=d"))
    order.environment = [
      .init(name: "HOME", value: sandbox.path), .init(name: "PATH", value: sandbox.path(of: "bin")),
    ]
    let prepared = try JobPreparation(order)
    let pid = try Self.start(prepared, "out", input: input.raw, record: record.raw, sandbox)
    let seen = try Self.sighting(pid, "out", sandbox)
    #expect(seen.words == ["/bin/sh", sandbox.path(of: "bin/probe"), "a", "b", "c=d"])
    #expect(seen.environment.contains("PWD=\(sandbox.path)"))
    #expect(seen.end == .exited(3))
    // The script's own descriptor is dash's 10, and 3 is the listing itself.
    #expect(seen.rest == "\(sandbox.path)\n0 1 10 2 3 0022\n64\n")
  }

  /// The lines that another reading could change: all of them need the shell.
  @Test(arguments: [
    "a;b", "a&b", "a|b", "a>b", "a<b", "$A", "`a`", "'a'", "\"a\"", "a\\b", "a*", "a?", "a[b", "~", "a ~b", "#a",
    "a #b",
    "A=b", "A=b c", "cd /", "echo a", "if", "!", "{ a", "time a", ". a", ": a", "exit", "(a", "a)", "-a", "+a", "",
  ])
  func `what the shell would change goes to the shell`(line: String) throws {
    let sandbox = try Sandbox()
    #expect(DirectExecution.plan(line: line, shell: "/bin/sh", environment: [], directory: sandbox.path) == nil)
  }

  @Test func `another shell always gets the line`() throws {
    let sandbox = try Sandbox()
    #expect(DirectExecution.plan(line: "a b", shell: "/bin/bash", environment: [], directory: sandbox.path) == nil)
  }

  private static func start(
    _ preparation: JobPreparation, _ name: String, input: Int32, record: Int32, _ sandbox: borrowing Sandbox
  ) throws -> Int32 {
    let output = try FileDescriptor.open(sandbox.path(of: name), [.readWrite, .create, .truncate, .append])
    let launch = JobLaunch(
      preparation, input: input, output: output.raw, openFiles: 64,
      record: LaunchRecord(raw: record, offset: 0, run: "r", sequence: 1))
    return try launch.start { Issue.record("unexpected note: \($0)") }
  }

  private static func sighting(_ pid: Int32, _ name: String, _ sandbox: borrowing Sandbox) throws -> Sighting {
    let end = try Reaper.wait(for: pid).cause
    let bytes = Array((sandbox.read(name) ?? "").utf8)
    // Environment and words end in NULs; their pieces may hold newlines, the first "\0\n" ends each.
    let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    let cut = parts.firstIndex { $0.hasPrefix("\n") } ?? parts.endIndex
    let last = parts.indices.contains(cut) ? parts[cut...].map { $0.hasPrefix("\n") ? String($0.dropFirst()) : $0 } : []
    return Sighting(
      environment: parts[..<cut].sorted(), words: last.dropLast().map { $0 }, rest: last.last ?? "", end: end)
  }
}
