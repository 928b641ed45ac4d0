import Testing

@Suite struct SourceRulesTests {
  @Test func `there are sources to look at`() {
    let targets = Set(Repository.swiftFiles.filter(\.isProduct).map(\.target))
    #expect(targets == Set(ImportDirection.allowed.keys))
    #expect(!Repository.cFiles.isEmpty)
  }

  @Test func `every Swift file keeps the rules`() {
    for file in Repository.swiftFiles {
      for violation in SourceRule.violations(in: file) { Issue.record("\(violation)") }
    }
  }

  @Test func `every C file keeps the rules`() {
    for file in Repository.cFiles {
      for violation in SourceRule.violations(inC: file) { Issue.record("\(violation)") }
    }
  }

  @Test func `the package depends on nothing and has no flags that forbid its use`() throws {
    let manifest = SourceFile(path: "Package.swift", text: try #require(Repository.text(of: "Package.swift")))
    for word in [".package(", "unsafe" + "Flags", "linker" + "Settings"] {
      #expect(!manifest.code.contains { $0.contains(word) }, "Package.swift has \(word)")
    }
  }

  @Test func `the top level holds what was agreed on`() {
    let agreed: Set<String> = [
      "Package.swift", "Package.resolved", "Sources", "Tests", "bin", "config", "docs", "README.md", "LICENSE",
    ]
    // dist is where bin/release writes; git ignores it.
    #expect(Set(Repository.names(in: "")).subtracting(agreed).subtracting(["dist"]).isEmpty)
  }

  // Each row breaks one rule: were a rule blind, its row would fail here.
  static let violating: [(String, String, String)] = [
    ("Sources/CronTime/A.swift", "import Glibc", "CronTime must not import Glibc"),
    ("Sources/CronTime/A.swift", "public import CronLedger", "CronTime must not import CronLedger"),
    ("Sources/CronWire/A.swift", "import CronTime", "CronWire must not import CronTime"),
    ("Sources/CronConfig/A.swift", "internal import struct CronLedger.Claim", "CronConfig must not import CronLedger"),
    ("Sources/CronLedger/A.swift", "import CronConfig", "CronLedger must not import CronConfig"),
    ("Sources/CronEngine/A.swift", "@preconcurrency import CronSystem", "CronEngine must not import CronSystem"),
    ("Sources/CronSystem/A.swift", "import CronTime", "CronSystem must not import CronTime"),
    ("Sources/CronTimeSystem/A.swift", "import Glibc", "CronTimeSystem must not import Glibc"),
    ("Sources/CronTime/A.swift", "import CronTimeSystem", "CronTime must not import CronTimeSystem"),
    ("Sources/CronDaemon/Sub/A.swift", "  import CLinux", "CronDaemon must not import CLinux"),
    ("Sources/cronwatch/A.swift", "import Foundation", "cronwatch must not import Foundation"),
    ("Sources/CronDaemon/A.swift", "@_exported import Dispatch", "CronDaemon must not import Dispatch"),
    ("Sources/Cellar/A.swift", "let x = 1", "Cellar is no target of the architecture"),
    ("Sources/CronTime/A.swift", "let x = try" + "! f()", "try" + "!: a trap in release says nothing"),
    ("Tests/ATests/A.swift", "let x = y as" + "! Z", "as" + "!: a trap in release says nothing"),
    ("Sources/CronTime/A.swift", "// TO" + "DO later", "unfinished: TO" + "DO"),
    ("Tests/ATests/A.swift", "/* FIX" + "ME */", "unfinished: FIX" + "ME"),
    ("Sources/CronTime/A.swift", "let x = await f()", "await: the processes are single-threaded loops"),
    ("Sources/CronTime/A.swift", "func f() async {}", "async: the processes are single-threaded loops"),
    ("Sources/CronTime/A.swift", "Task { f() }", "Task {: the processes are single-threaded loops"),
    ("Sources/CronSystem/A.swift", "let pid = fork()", "fork(: children come from the C shim and posix_spawn"),
    ("Sources/CronSystem/A.swift", "\"\\(fork())\"", "fork(: children come from the C shim and posix_spawn"),
    ("Tests/ATests/A.swift", "  usleep(10)", "usleep(: tests wait for events, not for durations"),
    ("Tests/ATests/A.swift", "Glibc::sleep(1)", "sleep(: tests wait for events, not for durations"),
    ("Tests/ATests/A.swift", "@Test(.dis" + "abled())", ".dis" + "abled(: a test is mended or removed"),
    ("Sources/CronTime/A.swift", String(repeating: "é", count: 121), "wider than 120 columns"),
    ("Sources/CronTime/A.swift", String(repeating: "x\n", count: 401), "more than 400 lines"),
    ("Sources/CronTime/A.swift", function(lines: 71), "a function of more than 69 lines"),
    ("Sources/CronTime/A.swift", "  public init?(\n" + body(70) + "  }", "a function of more than 69 lines"),
    ("Sources/CronTime/A.swift", "@inlinable static func f(\n" + body(70) + "}", "a function of more than 69 lines"),
  ]

  @Test(arguments: violating)
  func `a rule that is broken is seen`(path: String, text: String, message: String) {
    let found = SourceRule.violations(in: SourceFile(path: path, text: text))
    #expect(found.map(\.message) == [message])
  }

  static let lawful: [(String, String)] = [
    ("Sources/CronSystem/A.swift", "import CLinux\npublic import Glibc"),
    ("Sources/cronwatch/A.swift", "import CronDaemon\nimport CronSystem"),
    ("Sources/CronTime/A.swift", "// fork() and await, try" + "! in words\nlet text = \"import Glibc; await\""),
    ("Sources/CronTime/A.swift", "let text = \"\"\"\n  import Foundation\n  \"\"\"\n/* await /* async */ fork( */"),
    ("Sources/CronTime/A.swift", "let raw = #\"\\(await) \" \"#\nlet awaited = job.fork(1), vforked = Tasks.Task"),
    ("Sources/CronTime/A.swift", "let mixed = \"\\(table[\"await\"] ?? \"async\") await\""),
    ("Tests/ATests/A.swift", "func `says \"await // it`() {}\nlet command = \"sleep(1); sleep 5\"\nimport Foundation"),
    ("Sources/CronTime/A.swift", function(lines: 70)),
    ("Sources/CronTime/A.swift", String(repeating: "x\n", count: 400)),
    ("Sources/CronTime/A.swift", "  func f()\n" + body(80) + "  func g() {\n  }"),
  ]

  @Test(arguments: lawful)
  func `what keeps the rules is left alone`(path: String, text: String) {
    #expect(SourceRule.violations(in: SourceFile(path: path, text: text)) == [])
  }

  @Test func `long functions and files of C are seen`() {
    let short = "static int f(void) {\n" + Self.body(68) + "}\n"
    let long = "int g(\n    int x) {\n}\nint f(void)\n{\n" + Self.body(69) + "}\n"
    func messages(_ text: String) -> [String] {
      SourceRule.violations(inC: SourceFile(path: "Sources/CLinux/a.c", text: text)).map(\.message)
    }
    #expect(messages(short) == [])
    #expect(messages(long) == ["a function of more than 69 lines"])
    #expect(messages("// FIX" + "ME\n") == ["unfinished: FIX" + "ME"])
  }

  /// A function of so many lines, braces included.
  static func function(lines: Int) -> String {
    "  private mutating func f() {\n" + body(lines - 2) + "  }\n"
  }

  static func body(_ lines: Int) -> String {
    String(repeating: "    x\n", count: lines)
  }
}
