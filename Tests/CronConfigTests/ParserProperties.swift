import CronConfig
import CronTime
import CronWire

/// What must hold of each parser, whatever bytes it is given; the fuzzer and the tests of its corpus share it.
enum ParserProperties: String, CaseIterable {
  case schedule, crontab, conf, tzif, request

  private static let start = Instant(seconds: 1_790_000_000)

  /// What is wrong with the parser's answer to these bytes; nil when nothing is. A trap is for the caller to see.
  func violation(_ bytes: [UInt8]) -> String? {
    switch self {
    case .schedule: Self.schedule(String(decoding: bytes, as: UTF8.self))
    case .crontab: Self.crontab(bytes)
    case .conf: Self.conf(bytes)
    case .tzif: Self.tzif(bytes)
    case .request: Self.request(bytes)
    }
  }

  /// A column lies in the text; what is accepted prints as a text of the same meaning, and its times go forward.
  private static func schedule(_ text: String) -> String? {
    do throws(ScheduleError) {
      let parsed = try ZonedSchedule.parse(text, dialect: .any, seed: "fuzz", now: start).schedule
      if let problem = walk(parsed, .utc) { return problem }
      _ = parsed.warnings + parsed.advice(in: .utc, from: start)
      if parsed.explanation.isEmpty { return "no explanation of \(text)" }
      let printed = parsed.description
      let again = try ZonedSchedule.parse(printed, dialect: .any, seed: "other").schedule
      return again == parsed ? nil : "\(text) prints as \(printed), which means something else"
    } catch {
      if error.message.isEmpty { return "an error without words about \(text)" }
      return (1...text.utf8.count + 1).contains(error.column) ? nil : "column \(error.column) of \(text)"
    }
  }

  /// A line is a job, or a finding says why not; each finding stands in the text.
  private static func crontab(_ bytes: [UInt8]) -> String? {
    for format in [CrontabFormat.user(owner: nil), .system] {
      let parsed = CrontabParser.parse(
        bytes, file: "fuzz", format: format, settings: JobDefaults(), checkZone: { _ in .known })
      if let problem = place(parsed.diagnostics, in: bytes) ?? names(parsed.jobs) { return problem }
      if parsed.jobs.contains(where: { $0.schedules.isEmpty }) { return "a job without a schedule" }
      if parsed.rejectedLines > 0, parsed.diagnostics.isEmpty { return "lines are rejected without a word" }
    }
    return nil
  }

  private static func conf(_ bytes: [UInt8]) -> String? {
    let parsed = ConfParser.parse(bytes, file: "fuzz", checkZone: { _ in .known })
    if parsed.rejectedLines > 0, parsed.diagnostics.isEmpty { return "lines are rejected without a word" }
    return place(parsed.diagnostics, in: bytes) ?? names(parsed.jobs)
  }

  private static func names(_ jobs: [JobDefinition]) -> String? {
    jobs.first { !JobName.isValidScoped($0.name) }.map { "a job named \($0.name)" }
  }

  private static func place(_ findings: [Diagnostic], in bytes: [UInt8]) -> String? {
    let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
    let misplaced = findings.first {
      !(0...lines).contains($0.position.line) || !(0...bytes.count + 1).contains($0.position.column)
        || $0.message.isEmpty
    }
    return misplaced.map { "\($0.position.line):\($0.position.column) \($0.message)" }
  }

  /// A zone that is taken answers for every instant, and schedules walk through it.
  private static func tzif(_ bytes: [UInt8]) -> String? {
    guard let zone = try? Zone(name: "Fuzz/Fuzz", tzif: bytes) else { return nil }
    for seconds in [Int64.min, -1, 0, 1_790_000_000, 7_000_000_000, 99_000_000_000, .max] {
      _ = zone.offset(at: seconds)
      if let change = zone.nextTransition(after: seconds), change.at <= seconds { return "a change at \(change.at)" }
    }
    for text in ["30 2 * * *", "*/15 * * * *", "0 0 29 2 *"] {
      guard let schedule = try? Schedule.parse(text, dialect: .any, seed: "") else { return "no \(text)" }
      if let problem = walk(schedule, zone) { return problem }
    }
    return nil
  }

  /// The control socket: however the bytes are cut into pieces, the same lines come out, none beyond its limit; what is
  /// taken for JSON is written as one line that means the same.
  private static func request(_ bytes: [UInt8]) -> String? {
    let limit = 300
    let piece = Int(bytes.first ?? 0) % 17 + 1
    var rest = bytes.dropFirst()[...]
    var expected = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var lines = MessageLines(limit: limit)
    while !rest.isEmpty {
      let more = Array(rest.prefix(min(piece, lines.room)))
      rest = rest.dropFirst(more.count)
      lines.append(more)
      taking: while true {
        switch lines.next() {
        case .incomplete: break taking
        case .tooLong: return expected[0].count > limit ? nil : "a line of \(expected[0].count) bytes is too long"
        case .line(let line):
          guard expected[0].elementsEqual(line) else { return "another line than was sent" }
          expected.removeFirst()
          if let problem = json(line) { return problem }
        }
      }
    }
    return expected.count == 1 ? nil : "\(expected.count - 1) lines are missing"
  }

  private static func json(_ line: [UInt8]) -> String? {
    do throws(JSONError) {
      let value = try JSONReader.parse(line, limits: JSONLimits(bytes: 300, depth: 16))
      let written = JSONWriter.line(value)
      if written.contains(UInt8(ascii: "\n")) { return "a line break in \(written)" }
      return try JSONReader.parse(written) == value ? nil : "it is written as another value"
    } catch {
      return (0...line.count).contains(error.offset) ? nil : "byte \(error.offset) of \(line.count)"
    }
  }

  private static func walk(_ schedule: Schedule, _ zone: Zone) -> String? {
    var instant = start
    for _ in 0..<20 {
      guard let next = schedule.next(after: instant, in: zone, origin: start) else { return nil }
      if next <= instant { return "\(next) follows \(instant) in \(schedule)" }
      instant = next
    }
    return nil
  }
}
