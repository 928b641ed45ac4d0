import CronTestSupport
import CronTime
import Foundation

/// What zdump(8) says of the system's zones: the C library's reading of the same files.
enum Zdump {
  /// `-v` gives a line on each side of each change: the last second before it and the first one after.
  struct Line {
    var seconds: Int64
    var offset: ZoneOffset
  }

  private struct Unavailable: Error {}

  private static func run(_ arguments: [String]) throws -> String {
    let output = try ProgramOutput.of("/usr/bin/zdump", arguments)
    guard output.status == 0 else { throw Unavailable() }
    return output.text
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

  /// The lines of a zone's changes in some years, oldest first.
  static func lines(_ name: String, years: ClosedRange<Int>) throws -> [Line] {
    try lines(path: "\(SystemZones.directory)/\(name)", years: years)
  }

  /// The same of any file.
  static func lines(path: String, years: ClosedRange<Int>) throws -> [Line] {
    let text = try run(["-v", "-c", "\(years.lowerBound),\(years.upperBound)", path])
    return text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { parse($0) }
  }

  /// A stretch with one offset: `start` is its first second.
  struct Stretch {
    var start: Int64
    var offset: Int64
  }

  /// The stretches of a zone from 1970 on; the first one began before.
  static func stretches(_ name: String, before year: Int) throws -> [Stretch] {
    let lines = try lines(name, years: 1960...year)
    // Of a zone without any change zdump says nothing here; its name does.
    let only = name == "Etc/GMT+5" ? -5 * 3_600 : 0
    var stretches = [Stretch(start: .min, offset: Int64(lines.first?.offset.utcOffsetSeconds ?? only))]
    for (before, after) in zip(lines, lines.dropFirst()) where after.seconds == before.seconds + 1 {
      guard after.offset.utcOffsetSeconds != before.offset.utcOffsetSeconds else { continue }
      stretches.append(Stretch(start: after.seconds, offset: Int64(after.offset.utcOffsetSeconds)))
    }
    return stretches
  }
}
