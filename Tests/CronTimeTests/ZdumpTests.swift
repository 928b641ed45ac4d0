import CronTime
import Foundation
import Testing

/// The offsets of every zone of the system, against what `zdump -v` prints about the same files.
@Suite struct ZdumpTests {
  /// `-v` gives a line on each side of each change: the last second before it and the first one after.
  private struct Line {
    var seconds: Int64
    var offset: ZoneOffset
  }

  private struct Unavailable: Error {}

  private static func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/zdump")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Unavailable() }
    return String(decoding: data, as: UTF8.self)
  }

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    .map { Array($0.utf8) }

  private static func number(_ text: Substring.UTF8View) -> Int? { Int(Substring(text)) }

  /// `ZONE  Sun Mar  8 06:59:59 2026 UT = Sun Mar  8 01:59:59 2026 EST isdst=0 gmtoff=-18000`; else nil.
  private static func parse(_ line: Substring.UTF8View) -> Line? {
    let words = line.split(separator: UInt8(ascii: " "))
    guard words.count == 16, words[6].elementsEqual("UT".utf8),
      let month = months.firstIndex(where: { words[2].elementsEqual($0) }),
      let day = number(words[3]), let year = number(words[5]), year > 1800, year < 2200,
      let offset = number(words[15].dropFirst("gmtoff=".utf8.count))
    else { return nil }
    let clock = words[4].split(separator: UInt8(ascii: ":")).compactMap { number($0) }
    guard clock.count == 3,
      let civil = CivilDateTime(
        year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2])
    else { return nil }
    let type = ZoneOffset(
      utcOffsetSeconds: offset, isDaylight: words[14].elementsEqual("isdst=1".utf8),
      abbreviation: String(Substring(words[13])))
    return Line(seconds: civil.secondsSinceEpoch, offset: type)
  }

  /// Every zone, one name for each distinct file: aliases have the same bytes, so the same offsets.
  private static let distinctNames: [String] = {
    var seen: Set<[UInt8]> = []
    return SystemZones.names.filter { name in SystemZones.bytes(name).map { seen.insert($0).inserted } ?? false }
  }()

  @Test(arguments: 0..<4)
  func `offsets of every zone equal zdump's around every change up to 2100`(part: Int) throws {
    let names = Self.distinctNames.indices.filter { $0 % 4 == part }.map { Self.distinctNames[$0] }
    try #require(names.count > 70)
    var checked = 0
    for name in names {
      let zone = try SystemZones.zone(name)
      let text = try Self.run(["-v", "-c", "1850,2100", "\(SystemZones.directory)/\(name)"])
      for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
        guard let line = Self.parse(line) else { continue }
        let found = zone.offset(at: line.seconds)
        if found != line.offset { Issue.record("\(name) at \(line.seconds): \(found) instead of \(line.offset)") }
        checked += 1
      }
    }
    // Zones without a change (UTC, Etc/GMT+5) have no such lines; the others have from two to hundreds.
    #expect(checked > 10_000)
  }

  @Test func `every change that zdump prints is a transition, and there are no others`() throws {
    for name in ["America/New_York", "Europe/Dublin", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Gaza"] {
      let zone = try SystemZones.zone(name)
      let text = try Self.run(["-v", "-c", "1970,2100", "\(SystemZones.directory)/\(name)"])
      let lines = text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { Self.parse($0) }
      var wanted: [Int64] = []
      for (before, after) in zip(lines, lines.dropFirst())
      where after.seconds == before.seconds + 1 && after.offset != before.offset {
        wanted.append(after.seconds)
      }
      var found: [Int64] = []
      var instant: Int64 = 0
      while let transition = zone.nextTransition(after: instant), transition.at < 4_102_444_800 {
        found.append(transition.at)
        instant = transition.at
      }
      #expect(found == wanted, "\(name)")
      #expect(wanted.count > 60, "\(name)")
    }
  }
}
