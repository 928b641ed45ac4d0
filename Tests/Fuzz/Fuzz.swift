// libFuzzer calls this with bytes that reach ever new code; bin/fuzz builds it. CRONWATCH_FUZZ chooses the parser.

import CronConfig
import CronTime
import Glibc

private let parser = getenv("CRONWATCH_FUZZ").map { String(cString: $0) } ?? "schedule"

/// Any bytes must be taken or refused: never a trap, never a column outside of the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  switch parser {
  case "schedule": schedule(bytes)
  case "crontab": crontab(bytes)
  case "conf": conf(bytes)
  case "tzif": tzif(bytes)
  default: fatalError("CRONWATCH_FUZZ is none of schedule, crontab, conf, tzif")
  }
  return 0
}

private let start = Instant(seconds: 1_790_000_000)

private func schedule(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  do throws(ScheduleError) {
    let parsed = try ZonedSchedule.parse(text, dialect: .any, seed: "fuzz", now: start).schedule
    let next = parsed.next(after: start, in: .utc, origin: start)
    precondition(next.map { $0 > start } ?? true)
    _ = parsed.warnings
    let printed = parsed.description
    let again = try ZonedSchedule.parse(printed, dialect: .any, seed: "other").schedule
    precondition(again == parsed, "\(text) → \(printed)")
  } catch {
    precondition(error.column >= 1 && error.column <= text.utf8.count + 1, "\(text): \(error)")
  }
}

private func crontab(_ bytes: [UInt8]) {
  for format in [CrontabFormat.user(owner: nil), .system] {
    let parsed = CrontabParser.parse(
      bytes, file: "fuzz", format: format, settings: JobDefaults(), checkZone: { _ in .known })
    precondition(parsed.jobs.allSatisfy { !$0.schedules.isEmpty })
  }
}

private func conf(_ bytes: [UInt8]) {
  _ = ConfParser.parse(bytes, file: "fuzz", checkZone: { _ in .known })
}

private func tzif(_ bytes: [UInt8]) {
  guard let zone = try? Zone(name: "Fuzz/Fuzz", tzif: bytes) else { return }
  for seconds in [Int64.min, -1, 0, 1_790_000_000, 7_000_000_000, 99_000_000_000, .max] {
    _ = zone.offset(at: seconds)
    _ = zone.nextTransition(after: seconds)
  }
  guard let hourly = try? Schedule.parse("30 2 * * *", dialect: .any, seed: "") else { return }
  var instant = start
  for _ in 0..<20 {
    guard let next = hourly.next(after: instant, in: zone, origin: start) else { return }
    precondition(next > instant)
    instant = next
  }
}
