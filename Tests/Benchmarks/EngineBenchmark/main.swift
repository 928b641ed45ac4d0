import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime

/// Holds many jobs of which none is due in the real engine, and ticks; `bin/bench scale` measures it.
///
///     EngineBenchmark JOBS TICKS
///
/// Prints tab-separated: bytes a job (of resident memory, the definition included), nanoseconds a job for the load,
/// nanoseconds a tick, and nanoseconds for one occurrence that is decided, claimed, and ended, with its next one put
/// into the queue.

/// The clocks of a made-up machine.
struct Clock {
  var seconds: Int64 = 1_781_300_000

  var moment: Moment {
    Moment(
      wall: Instant(seconds: seconds), monotonicNanoseconds: seconds * 1_000_000_000,
      boottimeNanoseconds: seconds * 1_000_000_000)
  }
}

/// KiB of resident memory, /proc/self/status.
func residentKibibytes() -> Int {
  let bytes: [UInt8]
  do { bytes = try ForeignFile.read("/proc/self/status", limit: 1 << 16).bytes } catch { return 0 }
  let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
  return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
}

func measure(jobs count: Int, ticks: Int) {
  let before = residentKibibytes()
  var clock = Clock()
  var engine = Engine(settings: EngineSettings(bootIdentifier: "benchmark"))
  _ = engine.handle(.recovered(LedgerState(), runs: [], sameBoot: true, clock.moment))
  // All but a thousand are due once a year, on a day that doesn't come.
  let text = (0..<count).map { $0 % max(count / 1_000, 1) == 0 ? "* * * * *" : "\($0 % 60) \($0 / 60 % 24) 1 1 *" }
  var jobs = CrontabParser.parse(
    Array(text.enumerated().map { "\($1) /usr/local/bin/nightly --job \($0)\n" }.joined().utf8), file: "/etc/crontab",
    format: .user(owner: nil)
  ).jobs.map { EngineJob(definition: $0, zone: .utc) }
  var began = SystemClock.monotonic()
  _ = engine.handle(.loaded(jobs: jobs, former: [], clock.moment))
  let load = (SystemClock.monotonic() - began) / Int64(count)
  jobs = []
  CurrentProcess.returnFreeMemory()
  let bytes = (residentKibibytes() - before) * 1024 / count
  clock.seconds += 1
  began = SystemClock.monotonic()
  for _ in 0..<ticks { _ = engine.handle(.tick(clock.moment)) }
  let tick = (SystemClock.monotonic() - began) / Int64(ticks)
  print("\(bytes)\t\(load)\t\(tick)\t\(occurrence(&engine, &clock))")
}

/// Nanoseconds of one occurrence from its instant to its end.
func occurrence(_ engine: inout Engine, _ clock: inout Clock) -> Int64 {
  var (ended, spent): (Int64, Int64) = (0, 0)
  for _ in 0..<20 {
    clock.seconds += 60 - clock.seconds % 60
    var events: [Event] = [.tick(clock.moment)]
    while let event = events.popLast() {
      let began = SystemClock.monotonic()
      let actions = engine.handle(event)
      spent += SystemClock.monotonic() - began
      for action in actions {
        switch action {
        case .sync(let token): events.insert(.synced(token: token, .durable, clock.moment), at: 0)
        case .dispatch(let order):
          ended += 1
          let wall = clock.moment.wall
          events.append(.ended(order.run, .exited(code: 0, at: wall, startedAt: wall), clock.moment))
        default: break
        }
      }
    }
  }
  return spent / max(ended, 1)
}

let words = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard words.count == 2, words[0] > 0, words[1] > 0 else { fatalError("usage: EngineBenchmark JOBS TICKS") }
measure(jobs: words[0], ticks: words[1])
