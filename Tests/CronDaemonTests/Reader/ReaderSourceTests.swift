import CronConfig
import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

/// How a file is made unusable.
enum Spoiling: String, CaseIterable, CustomTestStringConvertible {
  case missing, fifo, directory, nul, empty, blanks, dangling, huge
  var testDescription: String { rawValue }

  func spoil(_ name: String, in sandbox: borrowing Sandbox) throws {
    do { try sandbox.directory.unlink(name) } catch {}
    switch self {
    case .missing: return
    case .fifo: try makeFIFO(sandbox.path(of: name))
    case .directory: try sandbox.directory.makeDirectory(name)
    case .nul: try sandbox.write(name, "* * * * * a\0b\n")
    case .empty: try sandbox.write(name, "")
    case .blanks: try sandbox.write(name, " \n\t\r\n")
    case .dangling: try makeLink(sandbox.path(of: name), to: "/no/such/target")
    case .huge:
      try sandbox.write(name, "")
      try FileDescriptor.open(sandbox.path(of: name), .write).truncate(to: Int64(CrontabParser.largestFile) + 1)
    }
  }

  var reason: String {
    switch self {
    case .missing, .dangling: "there is no such file"
    case .fifo: "it is a FIFO, not a regular file"
    case .directory: "it is a directory, not a regular file"
    case .nul: "the file has a NUL byte, so it is no text"
    case .empty, .blanks: "it is empty"
    case .huge: "it is larger than 64 MiB"
    }
  }
}

@Suite struct ReaderSourceTests {
  @Test func `settings, crontabs and added jobs come together in one table`() throws {
    let harness = try ReaderHarness()
    try harness.configure("[jobs]\noutput-keep = 3\n[job conf]\nschedule = 0 3 * * *\ncommand = a\n")
    try harness.name("tab", "# cronwatch: name=tab\n* * * * * b\n")
    try harness.sandbox.write("state/jobs/added.conf", "[job added]\nschedule = @daily\nexec = c d\n")
    let table = try harness.table()
    #expect(table.names == ["conf", "tab", "added"])
    #expect(table.jobs.map(\.sourceKind) == [.conf, .crontab, .command])
    #expect(table.settings.outputKeep == 3)
    #expect(table.sources.map(\.status) == [.loaded, .loaded, .loaded])
    #expect(table.diagnosticCount == 0)
  }

  @Test func `crontabs of the command line replace the configured ones`() throws {
    let harness = try ReaderHarness()
    let configured = try harness.sandbox.write("configured", "* * * * * configured\n")
    try harness.configure("[crontabs]\nfiles = \(configured)\n")
    #expect(try harness.table().lines == ["configured"])
    try harness.name("named", "* * * * * named\n")
    #expect(try harness.table().lines == ["named"])
  }

  @Test(arguments: Spoiling.allCases.filter { $0 != .empty && $0 != .blanks })
  func `a crontab that was never good is refused with the reason, and the others load`(spoiling: Spoiling) throws {
    let harness = try ReaderHarness()
    try harness.name("bad", "")
    try harness.name("good", "* * * * * good\n")
    try spoiling.spoil("bad", in: harness.sandbox)
    let table = try harness.table()
    #expect(table.lines == ["good"])
    #expect(table.status("/bad") == .refused(reason: spoiling.reason))
    #expect(table.codes.contains("source-refused"))
  }

  @Test(.acceptance(56), arguments: Spoiling.allCases)
  func `a crontab that was good once keeps its last good copy, and that is said`(spoiling: Spoiling) throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "* * * * * kept\n")
    #expect(try harness.table().lines == ["kept"])
    try spoiling.spoil("tab", in: harness.sandbox)
    for _ in 0..<2 {
      let table = try harness.table()
      #expect(table.lines == ["kept"])
      #expect(table.status("/tab") == .lastGood(reason: spoiling.reason))
      #expect(table.codes.contains("last-good-copy"))
    }
  }

  @Test func `a crontab whose jobs were commented out has none`() throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "* * * * * gone\n")
    _ = try harness.table()
    try harness.sandbox.write("tab", "# * * * * * gone\n")
    let table = try harness.table()
    #expect(table.jobs.isEmpty)
    #expect(table.status("/tab") == .loaded)
  }

  @Test func `a bad line ends only its own job`() throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "* * * * * one\n* * * * * two\n")
    _ = try harness.table()
    try harness.sandbox.write("tab", "* * * * * one\n61 * * * * two\n")
    let table = try harness.table()
    #expect(table.lines == ["one"])
    #expect(table.rejectedLines == 1)
    #expect(table.status("/tab") == .loaded)
  }

  @Test func `settings with an error keep the last good file whole, and its errors are said`() throws {
    let harness = try ReaderHarness()
    try harness.configure("[jobs]\noutput-keep = 3\n[job a]\nschedule = @daily\ncommand = a\n")
    _ = try harness.table()
    try harness.configure("[jobs]\noutput-keep = many\n[job b]\nschedule = @daily\ncommand = b\n")
    let table = try harness.table()
    #expect(table.settings.outputKeep == 3)
    #expect(table.names == ["a"])
    #expect(table.status(".conf") == .lastGood(reason: "it has 1 error"))
    #expect(table.diagnostics.contains { $0.position.line == 2 && $0.level == .error })
  }

  @Test func `bad settings without a good copy give no table`() throws {
    let harness = try ReaderHarness()
    try harness.configure("[jobs]\noutput-keep = many\n")
    let table = try harness.read()
    #expect(table == nil)
  }

  @Test func `an absent configuration file is fine`() throws {
    let harness = try ReaderHarness()
    harness.request.configuration = harness.sandbox.path(of: "none.conf")
    let table = try harness.table()
    #expect(table.status("none.conf") == .absent)
    #expect(table.diagnosticCount == 0)
  }

  @Test func `a damaged copy counts as none`() throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "* * * * * kept\n")
    _ = try harness.table()
    let copies = try harness.state.directory(.lastGood).openSubdirectory("sources")
    let name = try #require(try copies.list().first)
    let copy = try copies.openFile(name, .readWrite)
    try copy.write([UInt8(ascii: "K")], at: try copy.size() - 5)
    try harness.sandbox.directory.unlink("tab")
    let table = try harness.table()
    #expect(table.jobs.isEmpty)
    #expect(table.status("/tab") == .refused(reason: "there is no such file"))
  }

  @Test func `a job that was removed by command is gone, and so is its copy`() throws {
    let harness = try ReaderHarness()
    try harness.sandbox.write("state/jobs/a.conf", "[job a]\nschedule = @daily\ncommand = a\n")
    #expect(try harness.table().names == ["a"])
    try harness.state.directory(.jobs).unlink("a.conf")
    #expect(try harness.table().names.isEmpty)
    #expect(try harness.state.directory(.lastGood).openSubdirectory("sources").list().isEmpty)
  }

  @Test func `one name in two files is one job, and the second is said`() throws {
    let harness = try ReaderHarness()
    try harness.name("one", "# cronwatch: name=twin\n* * * * * first\n")
    try harness.name("two", "# cronwatch: name=twin\n* * * * * second\n")
    let table = try harness.table()
    #expect(table.lines == ["first"])
    #expect(table.rejectedLines == 1)
  }

  @Test func `a zone that the database doesn't have is refused with the nearest name`() throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "CRON_TZ=Europe/Berlni\n* * * * * a\n")
    let table = try harness.table()
    #expect(table.jobs.isEmpty)
    #expect(table.diagnostics.first?.hint?.contains("Europe/Berlin") == true)
  }

  // MARK: The role

  @Test func `the role writes a table that decodes, and leaves an unchanged one alone`() throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "* * * * * a\n")
    #expect(try harness.role() == .exited(0))
    #expect(harness.writtenTable()?.lines == ["a"])
    let directory = try harness.state.directory(.lastGood)
    let before = try #require(try directory.status("table"))
    #expect(try harness.role() == .exited(0))
    #expect(try #require(try directory.status("table")).isSameFile(as: before))
    try harness.sandbox.write("tab", "* * * * * b\n")
    #expect(try harness.role() == .exited(0))
    #expect(harness.writtenTable()?.lines == ["b"])
  }

  @Test func `the role ends with 78 on bad settings without a good copy, and the old table stays`() throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "* * * * * a\n")
    #expect(try harness.role() == .exited(0))
    try harness.configure("nonsense\n")
    #expect(try harness.role() == .exited(78))
    #expect(harness.writtenTable()?.lines == ["a"])
    #expect(harness.sandbox.read("log")?.contains("cronwatch.conf:1") == true)
  }

  @Test(arguments: ["reader.started", "reader.before-read", "reader.before-parse", "reader.before-write"])
  func `a reader that is killed leaves the old table`(point: String) throws {
    let harness = try ReaderHarness()
    try harness.name("tab", "* * * * * a\n")
    #expect(try harness.role() == .exited(0))
    try harness.sandbox.write("tab", "* * * * * b\n")
    #expect(try harness.role(fault: "\(point):kill") == .signaled(Signal.kill, coreDumped: false))
    #expect(harness.writtenTable()?.lines == ["a"])
  }

  @Test func `the source that a reader hung on is known, and can be passed over`() throws {
    let harness = try ReaderHarness()
    try harness.name("one", "* * * * * one\n")
    try harness.name("two", "* * * * * two\n")
    #expect(try harness.role() == .exited(0))
    #expect(ReaderRole.interruptedSource(harness.state) == nil)
    _ = try harness.role(fault: "reader.before-read@2:kill")
    #expect(ReaderRole.interruptedSource(harness.state) == harness.sandbox.path(of: "two"))
    harness.request.skipped = [harness.sandbox.path(of: "two")]
    #expect(try harness.role() == .exited(0))
    #expect(harness.writtenTable()?.lines == ["one", "two"])
    #expect(
      harness.writtenTable()?.status("/two") == .lastGood(reason: "reading it took too long, or killed the reader"))
    #expect(ReaderRole.interruptedSource(harness.state) == nil)
  }
}
