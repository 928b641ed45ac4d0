import CronConfig
import CronEngine
import CronSystem
import CronTestSupport
import CronTime
import Testing

@testable import CronDaemon

@Suite struct QuarantineTests {
  private static func table(_ text: String) -> JobTable {
    var table = JobTable()
    table.jobs =
      CrontabParser.parse(Array(text.utf8), file: "f", format: .user(owner: nil), settings: JobDefaults()).jobs
    return table
  }

  @Test func `a trail tells whoever has its memory what is being done, and nothing once it is done`() throws {
    let memory = try Memfd.create(name: "trail")
    let reader = Trail(try memory.duplicate())
    let trail = Trail(memory)
    #expect(reader.read() == nil)
    trail.drop(.dispatching, "a long name")
    #expect(reader.read() == Breadcrumb(.dispatching, "a long name"))
    trail.drop(.deciding)
    #expect(reader.read() == Breadcrumb(.deciding))
    trail.clear()
    #expect(reader.read() == nil)
    trail.drop(.parsing, String(repeating: "x", count: 5000))
    #expect(reader.read()?.input?.utf8.count == 511 - 8)
    let nothing = Trail(nil)
    nothing.drop(.deciding)
    #expect(nothing.read() == nil && nothing.raw == nil)
  }

  @Test func `a job is released when it is another than the one that was set aside, or is gone`() {
    let crumb = Breadcrumb(.dispatching, "b")
    let before = "# cronwatch: name=a\n@daily true\n# cronwatch: name=b\n@daily true\n"
    let rows: [(after: String, isReleased: Bool)] = [
      (before, false), ("# moved\n\n" + before, false), ("# cronwatch: name=b\n@daily true\n", false),
      ("# cronwatch: name=b\n@daily false\n", true), ("# cronwatch: name=b\n@hourly true\n", true),
      ("# cronwatch: name=a\n@daily true\n", true),
    ]
    for row in rows {
      let quarantine = Quarantine([crumb, Breadcrumb(.parsing, "/b")])
      #expect(quarantine.release(by: Self.table(before)) == [])
      #expect(quarantine.has(.dispatching, "b") && !quarantine.has(.dispatching, "a") && !quarantine.has(.loading, "b"))
      #expect(quarantine.release(by: Self.table(row.after)) == (row.isReleased ? [crumb] : []), "\(row.after)")
      #expect(quarantine.has(.dispatching, "b") == !row.isReleased)
      #expect(quarantine.sentences.count == (row.isReleased ? 1 : 2))
    }
  }

  @Test func `what was claimed of a job as it was set aside is not handed out once a change released it`() throws {
    let before = Self.table("# cronwatch: name=b\n@daily true\n")
    let after = Self.table("# cronwatch: name=b\n@daily false\n")
    let (old, new) = (try #require(before.jobs.first), try #require(after.jobs.first))
    let quarantine = Quarantine([Breadcrumb(.dispatching, "b")])
    #expect(quarantine.release(by: before).isEmpty && quarantine.refuses(old))
    #expect(quarantine.release(by: after).count == 1)
    #expect(quarantine.refuses(old) && !quarantine.refuses(new))
    // Whoever writes it as it was wants it tried.
    #expect(quarantine.release(by: before).isEmpty && !quarantine.refuses(old))
  }

  @Test func `a source is released when it changes`() {
    let quarantine = Quarantine([Breadcrumb(.parsing, "/b")])
    #expect(quarantine.inputs(of: .parsing) == ["/b"] && quarantine.sentences.count == 1)
    #expect(!quarantine.release(source: "/a") && quarantine.release(source: "/b"))
    #expect(quarantine.inputs(of: .parsing).isEmpty && quarantine.sentences.isEmpty)
  }
}
