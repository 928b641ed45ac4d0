import CronSystem
import EndToEndSupport
import Foundation
import Synchronization
import Testing

/// The programs that bin/test builds as they are released.
enum ReleaseProgram {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The path of one; cancels the test where it isn't built.
  static func path(_ name: String) throws -> String {
    let path = root + "/.build/release/" + name
    if !FileManager.default.isExecutableFile(atPath: path) {
      try Test.cancel("\(name) isn't built as it is released; bin/test builds it first")
    }
    return path
  }
}

/// The table of docs/benchmarks.md that says what things cost, in counts that no clock has part in.
///
/// A cost that leaves its band fails the test: a higher one is to be mended or explained, a lower one written down.
enum CostTable {
  private static let path = ReleaseProgram.root + "/docs/benchmarks.md"
  private static let opening = "<!-- costs: CRONWATCH_UPDATE=1 bin/test --filter CostTests -->"
  private static let closing = "<!-- /costs -->"
  private static let file = Mutex<Void>(())
  /// A few calls more or less in a small number say nothing.
  private static let slack = 4

  /// Holds a count against the table, or, with CRONWATCH_UPDATE=1, writes it there.
  static func expect(
    _ what: String, _ count: Int, within band: ClosedRange<Double>, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let known = file.withLock { _ in
      let known = self.rows()[what]
      if Environment.get("CRONWATCH_UPDATE") != nil { write(what, count) }
      return known
    }
    if Environment.get("CRONWATCH_UPDATE") != nil { return }
    let expected = try #require(
      known, "\(what): \(count); CRONWATCH_UPDATE=1 writes it", sourceLocation: sourceLocation)
    let least = Int(Double(expected) * band.lowerBound) - slack
    let most = Int(Double(expected) * band.upperBound) + slack
    #expect(least <= count && count <= most, "\(what): \(count) instead of \(expected)", sourceLocation: sourceLocation)
  }

  private static func lines() -> (all: [String], table: Range<Int>)? {
    let all = text(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let open = all.firstIndex(of: opening), let close = all.firstIndex(of: closing), open < close else {
      return nil
    }
    return (all, open + 1..<close)
  }

  private static func rows() -> [String: Int] {
    guard let (all, table) = lines() else { return [:] }
    var rows: [String: Int] = [:]
    for line in all[table] {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      if cells.count == 2, let count = Int(cells[1].filter { $0 != "," }) { rows[cells[0]] = count }
    }
    return rows
  }

  private static func write(_ what: String, _ count: Int) {
    guard var (all, table) = lines() else { return }
    let row = "| \(what) | \(grouped(count)) |"
    if let known = all[table].firstIndex(where: { $0.hasPrefix("| \(what) |") }) {
      all[known] = row
    } else {
      all.insert(row, at: table.upperBound)
      table = table.lowerBound..<table.upperBound + 1
    }
    do {
      try FileDescriptor.open(path, [.write, .truncate]).write(Array(all.joined(separator: "\n").utf8))
    } catch {
      Issue.record("\(path): \(error)")
    }
  }

  private static func grouped(_ count: Int) -> String {
    var digits = String(count)
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
      place -= 3
    }
    return digits
  }
}
