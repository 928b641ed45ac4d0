// Times `next(after:)`: `ScheduleBenchmark CORPUS MILLISECONDS` prints `NAME<TAB>walk<TAB>NANOSECONDS`, and the same
// for `parse`, a parse and one next. `--allocations CORPUS CALLS` makes so many calls of each walk and nothing else,
// for a counter of allocations.

import CronTime
import Glibc

struct Row {
  var name: String
  var text: String
  var zone: Zone
  var start: Instant
}

func contents(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}

func rows(_ path: String) throws -> [Row] {
  var database = ZoneDatabase { contents("/usr/share/zoneinfo/\($0)") }
  return try String(decoding: contents(path), as: UTF8.self).split(separator: "\n").filter { $0.first != "#" }.map {
    let cells = $0.split(separator: "\t").map(String.init)
    let start = CivilDateTime(year: Int(cells[3]) ?? 2026, month: 1, day: 1, hour: 0, minute: 0, second: 0)
    return Row(
      name: cells[0], text: cells[1], zone: try database.zone(named: cells[2]),
      start: Instant(seconds: start?.secondsSinceEpoch ?? 0))
  }
}

func nanoseconds() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Successive occurrences; from the start again when there is none left.
@inline(never)
func walk(_ schedule: Schedule, _ row: Row, calls: Int) -> Int64 {
  var instant = row.start
  var sum: Int64 = 0
  for _ in 0..<calls {
    if let next = schedule.next(after: instant, in: row.zone, origin: row.start) {
      instant = next
      sum &+= next.seconds
    } else {
      instant = row.start
    }
  }
  return sum
}

@inline(never)
func parseAndNext(_ row: Row, calls: Int) throws -> Int64 {
  var sum: Int64 = 0
  for _ in 0..<calls {
    let schedule = try Schedule.parse(row.text, dialect: .any, seed: "benchmark")
    sum &+= schedule.next(after: row.start, in: row.zone, origin: row.start)?.seconds ?? 0
  }
  return sum
}

/// Nanoseconds a call, over at least so many milliseconds.
func time(_ milliseconds: Int64, _ body: (Int) throws -> Int64) rethrows -> Double {
  var calls = 1_000
  while true {
    let start = nanoseconds()
    let sum = try body(calls)
    let took = nanoseconds() - start
    if took >= milliseconds * 1_000_000 {
      if sum == 42 { print("") }
      return Double(took) / Double(calls)
    }
    calls *= 2
  }
}

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  print("usage: ScheduleBenchmark CORPUS MILLISECONDS | --allocations CORPUS CALLS")
  exit(64)
}
if arguments[1] == "--allocations" {
  for row in try rows(arguments[2]) {
    let schedule = try Schedule.parse(row.text, dialect: .any, seed: "benchmark")
    if walk(schedule, row, calls: Int(arguments.last ?? "") ?? 100_000) == 42 { print("") }
  }
  exit(0)
}
for row in try rows(arguments[1]) {
  let schedule = try Schedule.parse(row.text, dialect: .any, seed: "benchmark")
  let milliseconds = Int64(arguments[2]) ?? 200
  print("\(row.name)\twalk\t\(time(milliseconds) { walk(schedule, row, calls: $0) })")
  print("\(row.name)\tparse\t\(try time(milliseconds) { try parseAndNext(row, calls: $0) })")
}
