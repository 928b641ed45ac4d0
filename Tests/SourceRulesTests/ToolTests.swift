import CronTestSupport
import Glibc
import Testing

/// The scripts of bin/, run in a small tree of their own with a stand-in for the compiler.
@Suite struct ToolTests {
  @Test(arguments: ["build", "check", "install", "release", "test", "torture"])
  func `a tool tells its usage`(tool: String) {
    let (status, output) = run("'\(Repository.root)/bin/\(tool)' --help")
    #expect(status == 0)
    #expect(output.hasPrefix("Usage: bin/\(tool) "))
  }

  @Test(arguments: ["build", "check", "install", "release", "torture"])
  func `a tool refuses what it doesn't know`(tool: String) {
    let (status, output) = run("'\(Repository.root)/bin/\(tool)' --nonsense")
    #expect(status == 64)
    #expect(output.hasPrefix("Usage: bin/\(tool) "))
  }

  @Test func `the binary is built when it is missing or older than a source, and only then`() throws {
    let tree = try checkout()
    #expect(run("cd / && '\(tree.path)/bin/cronwatch' a 'b  c'", in: tree) == (0, "ran [a] [b  c]\n"))
    #expect(tree.read("built") == "x")
    #expect(run("ln -s '\(tree.path)/bin/cronwatch' link && ./link", in: tree) == (0, "ran\n"))
    #expect(tree.read("built") == "x")
    let removal = "echo > Sources/b.c && rm Sources/b.c"
    for change in ["touch Sources/a.swift", "touch Package.swift", "echo > Sources/c.c", removal] {
      let before = tree.read("built") ?? ""
      #expect(run(Self.seen(change) + " && bin/cronwatch", in: tree) == (0, "ran\n"))
      #expect(tree.read("built") == before + "x", "after: \(change)")
    }
  }

  @Test func `callers at the same time build once`() throws {
    let tree = try checkout()
    let (status, output) = run("for i in 1 2 3 4; do bin/cronwatch $i & done; wait", in: tree)
    #expect(status == 0)
    #expect(output.split(separator: "\n").sorted() == ["ran [1]", "ran [2]", "ran [3]", "ran [4]"])
    #expect(tree.read("built") == "x")
  }

  @Test func `a source that changes during the build is newer than its binary`() throws {
    let tree = try checkout()
    try tree.write("during", Self.seen("touch Sources/a.swift", after: ".build/cronwatch-build.lock"))
    #expect(run("bin/cronwatch && rm during && bin/cronwatch", in: tree) == (0, "ran\nran\n"))
    #expect(tree.read("built") == "xx")
  }

  @Test func `a build that fails shows why and runs nothing`() throws {
    let tree = try checkout()
    try tree.write("during", "echo 'error: no such thing'; exit 1")
    let (status, output) = run("bin/cronwatch", in: tree)
    #expect(status == 70)
    #expect(output == "error: no such thing\ncronwatch: the release binary could not be built\n")
  }

  @Test func `without a toolchain an old binary runs, and a missing one is said`() throws {
    let tree = try checkout()
    let tools = "bash dirname readlink find env mkdir touch flock"
    let bare = "mkdir tools && for t in \(tools); do ln -s $(command -v $t) tools/; done"
    #expect(run(bare, in: tree) == (0, ""))
    let (missing, explanation) = run("PATH=$PWD/tools bin/cronwatch", in: tree)
    #expect(missing == 69)
    #expect(explanation == "cronwatch: no binary yet, and no Swift toolchain (swift) in PATH to build it with\n")
    let (stale, output) = run(
      "bin/build && " + Self.seen("touch Sources/a.swift") + " && PATH=$PWD/tools bin/cronwatch", in: tree)
    #expect(stale == 0)
    #expect(output.hasPrefix("cronwatch: the sources are newer than the binary"))
    #expect(output.hasSuffix("\nran\n"))
  }

  @Test func `an installation has everything in its place and spares the configuration`() throws {
    let tree = try release()
    #expect(run("DESTDIR=$PWD/to bin/install", in: tree) == (0, ""))
    let files = run("cd to && find . -type f -printf '%m %P\\n' | sort -k 2", in: tree).output
    #expect(
      files == """
        644 etc/cronwatch/cronwatch.conf
        755 usr/local/bin/cronwatch
        644 usr/local/lib/systemd/system/cronwatch.service
        644 usr/local/share/doc/cronwatch/LICENSE
        644 usr/local/share/doc/cronwatch/config/cronwatch.conf
        644 usr/local/share/doc/cronwatch/docs/sub/a.md

        """)
    #expect(run("echo mine > to/etc/cronwatch/cronwatch.conf; DESTDIR=$PWD/to bin/install", in: tree).status == 0)
    #expect(tree.read("to/etc/cronwatch/cronwatch.conf") == "mine\n")
  }

  @Test func `another prefix is put into the unit`() throws {
    let tree = try release()
    let (status, output) = run("DESTDIR=$PWD/to bin/install --prefix /opt/cw/", in: tree)
    #expect(status == 0)
    #expect(output.contains("--config /opt/cw/etc/cronwatch/cronwatch.conf"))
    let unit = tree.read("to/opt/cw/lib/systemd/system/cronwatch.service") ?? ""
    #expect(unit.contains("\nExecStart=/opt/cw/bin/cronwatch start --foreground\n"))
    #expect(!unit.contains("/usr/local"))
    #expect(run("bin/install --prefix relative", in: tree).status == 64)
  }

  /// A change, repeated until its time is another than that of a file: the kernel's file times go by ticks.
  private static func seen(_ change: String, after file: String = ".build/release/cronwatch") -> String {
    "while \(change) && [ -z \"$(find Package.swift Sources -newer \(file))\" ]; do :; done"
  }

  /// A checkout in small, whose `swift` writes a program that shows its arguments, and an x for each build.
  private func checkout() throws -> Sandbox {
    let tree = try Sandbox()
    try copy(["bin/build", "bin/cronwatch"], to: tree)
    try tree.write("Package.swift", "")
    try tree.write("Sources/a.swift", "")
    try tree.write(
      "compiler/swift",
      """
      #!/bin/sh
      printf x >> built
      if [ -e during ]; then . ./during; fi
      mkdir -p .build/release
      built=.build/release/cronwatch
      printf '#!/bin/sh\\nline=ran; for a in "$@"; do line="$line [$a]"; done; echo "$line"\\n' > $built
      chmod +x .build/release/cronwatch
      """, permissions: 0o755)
    return tree
  }

  /// An unpacked release in small.
  private func release() throws -> Sandbox {
    let tree = try Sandbox()
    try copy(["bin/install", "config/cronwatch.service", "LICENSE"], to: tree)
    try tree.write("bin/cronwatch", "binary", permissions: 0o755)
    try tree.write("config/cronwatch.conf", "# example\n")
    try tree.write("docs/sub/a.md", "# A\n")
    return tree
  }

  private func copy(_ paths: [String], to tree: borrowing Sandbox) throws {
    for path in paths {
      let text = try #require(Repository.text(of: path))
      try tree.write(path, text, permissions: path.hasPrefix("bin/") ? 0o755 : 0o644)
    }
  }

  private func run(_ command: String, in tree: borrowing Sandbox) -> (status: Int32, output: String) {
    run("cd '\(tree.path)' && PATH=$PWD/compiler:$PATH && \(command)")
  }

  /// What a shell line prints, to both descriptors, and its exit status.
  private func run(_ command: String) -> (status: Int32, output: String) {
    // Threads of the test run block every signal, and a child inherits that: dash would wait for SIGCHLD for ever.
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    let child = popen("exec 2>&1 </dev/null; " + command, "re")
    pthread_sigmask(SIG_SETMASK, &before, nil)
    guard let stream = child else { return (-1, "popen failed") }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&buffer, 1, buffer.count, stream)
      if count == 0 { break }
      output += buffer[..<count]
    }
    return (pclose(stream) >> 8 & 0xFF, String(decoding: output, as: UTF8.self))
  }
}
