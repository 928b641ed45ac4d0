import CronSystem
import CronTestRandom
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// A ledger, and other files, that somebody damaged.
extension FaultRow {
  static let ledgerRows: [FaultRow] = [
    FaultRow(
      number: 42, name: "the ledger cut at every byte",
      how: "truncate: each byte of its newest segment, a start after each",
      expectation: "it starts, and goes on firing; what the kept part claims is not fired again",
      status: .says([.may("degraded")]), check: .run(truncated)),
    FaultRow(
      number: 43, name: "a flipped bit", how: "one bit at 60 seeded places of ledger, slots, heartbeats, locks, table",
      expectation: "it starts; nothing that ran is fired again",
      status: .says([.may("degraded")]), check: .run(flippedBits)),
    FaultRow(
      number: 44, name: "garbage, nothing, a directory or a link in the place of a file",
      how: "each file of the state directory in turn", expectation: "it starts, or says why not; nothing fires twice",
      status: .says([.may("degraded")]),
      check: .run(strangeFiles)),
  ]

  /// A stopped instance with a history, copied for each trial of a row.
  private struct History {
    let cron: Cronwatch
    /// Every occurrence that ran, by the jobs' own evidence.
    let ran: Set<String>

    /// Lets it fire so often, kills the ticker, and lets its successor fire half as often.
    init(_ cron: Cronwatch, fires: Int) throws {
      self.cron = cron
      try cron.waitForMore(fires, of: "tick")
      try cron.signal(try cron.ticker(), Signal.kill)
      try cron.waitForMore(fires / 2, of: "tick")
      try cron.stop()
      ran = Set(cron.testimonies().filter(\.isBegin).compactMap { line in line.occurrence.map { "\(line.job)@\($0)" } })
      try Surroundings.run(["cp", "-a", cron.state, cron.state + ".history"], in: cron)
    }

    /// The history as it was.
    func restore() throws {
      try Surroundings.run(["rm", "-rf", cron.state], in: cron)
      try Surroundings.run(["cp", "-a", cron.state + ".history", cron.state], in: cron)
    }

    /// Starts, lets something fire if `fires`, and stops, after which all that is owed has run or never will;
    /// occurrences of `kept` must not be among what ran.
    func tryStart(_ what: String, keeping kept: Set<String>, fires: Bool = true) throws -> Int {
      let before = cron.testimonies().count
      let start = try cron.run(["start", cron.crontabPath], seconds: 60)
      if start.exit == 0 {
        let fired = cron.begun("tick")
        if fires { try cron.wait("\(what): a job fires", seconds: 30) { cron.begun("tick") > fired } }
        _ = try cron.status()
        _ = try cron.run(["stop"], seconds: 60)
      } else if ![69, 73, 75, 77].contains(start.exit) || start.error.isEmpty {
        throw RowFailure("\(what): start ends with \(start.exit): \(start.error)")
      }
      Processes.killAll(naming: cron.state)
      var seen = kept
      for line in cron.testimonies().dropFirst(before) where line.isBegin {
        guard let occurrence = line.occurrence else { continue }
        if !seen.insert("\(line.job)@\(occurrence)").inserted {
          throw RowFailure("\(what): \(line.job)@\(occurrence) was fired again")
        }
      }
      return start.exit
    }
  }

  private static func newestSegment(_ cron: Cronwatch) throws -> String {
    let names = try Directory.open(cron.state + ".history/ledger").list().filter { $0.hasSuffix(".log") }.sorted()
    guard let last = names.last else { throw RowFailure("there is no ledger") }
    return last
  }

  /// The occurrences that a text of the ledger claims.
  private static func claims(in text: Substring) -> Set<String> {
    var found: Set<String> = []
    for line in text.split(separator: "\n") where line.contains(" claim ") {
      let words = line.split(separator: " ")
      guard let job = words.first(where: { $0.hasPrefix("job=") })?.dropFirst(4),
        let occurrence = words.first(where: { $0.hasPrefix("occurrence=") })?.dropFirst(11)
      else { continue }
      found.insert("\(job)@\(occurrence)")
    }
    return found
  }

  @Sendable private static func truncated(_ trial: Trial) throws -> String {
    try use(trial, fires: 2) { history in
      let cron = history.cron
      let name = try newestSegment(cron)
      let whole = text("\(cron.state).history/ledger/\(name)")
      let used = String(whole.prefix { $0 != "\0" })
      // It starts after READY, so that the first tick has decided what is owed; every twentieth also goes on firing.
      let places = 0...used.utf8.count
      for place in places {
        try history.restore()
        try Surroundings.run(["truncate", "-s", String(place), "\(cron.state)/ledger/\(name)"], in: cron)
        // Claims of earlier segments are in this one's snapshot, or over.
        let kept = claims(in: Substring(decoding: Array(used.utf8.prefix(place)), as: UTF8.self)).intersection(
          history.ran)
        _ = try history.tryStart("cut at \(place)", keeping: kept, fires: place % 20 == 0)
      }
      return "\(places.count) cuts, each byte"
    }
  }

  @Sendable private static func flippedBits(_ trial: Trial) throws -> String {
    var generator = SeededGenerator(seed: trial.options.seed)
    return try use(trial) { history in
      let cron = history.cron
      let listing = try Surroundings.run(
        [
          "find", cron.state + ".history", "-type", "f", "-size", "+0", "-not", "-path", "*/log/*", "-not", "-path",
          "*/output/*",
        ],
        in: cron)
      let files = listing.split(separator: "\n").map { String($0.dropFirst((cron.state + ".history").count)) }.sorted()
      for round in 0..<60 {
        // The ledger's newest segment every other time.
        let name =
          round.isMultiple(of: 2)
          ? "/ledger/" + (try newestSegment(cron)) : files.randomElement(using: &generator) ?? ""
        try history.restore()
        let path = cron.state + name
        var bytes = Array(try FileDescriptor.open(path, .read).readToEnd(limit: 1 << 24))
        let used = max(bytes.prefix { $0 != 0 }.count, 1)
        let place = Int.random(in: 0..<used, using: &generator)
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        let file = try FileDescriptor.open(path, .write)
        try file.write(bytes, at: 0)
        try file.close()
        _ = try history.tryStart("\(name) bit at \(place)", keeping: history.ran)
      }
      return "60 bits in \(files.count) files"
    }
  }

  @Sendable private static func strangeFiles(_ trial: Trial) throws -> String {
    try use(trial) { history in
      let cron = history.cron
      let names = [
        "format", "watcher.lock", "ticker.lock", "control.sock", "heartbeat", "heartbeat/ticker", "heartbeat/summary",
        "ledger/" + (try newestSegment(cron)), "ledger/spilled", "last-good", "crontabs", "workers", "workers/0/record",
        "workers/0/output", "reaped", "deaths", "log/cronwatch.log", "output", "pauses", "quarantine",
      ]
      let ways = [
        "garbage": "rm -rf \"$1\"; head -c 5000 /dev/urandom > \"$1\"", "empty": "rm -rf \"$1\"; : > \"$1\"",
        "directory": "rm -rf \"$1\"; mkdir \"$1\"", "link": "rm -rf \"$1\"; ln -s /etc/hostname \"$1\"",
        "gone": "rm -rf \"$1\"",
      ]
      var statuses: [Int: Int] = [:]
      for name in names {
        for (way, line) in ways.sorted(by: { $0.key < $1.key }) {
          try history.restore()
          try Surroundings.run(["/bin/sh", "-c", line, "sh", "\(cron.state)/\(name)"], in: cron)
          // Without its newest segment nobody can know what ran in it.
          let kept = name.hasPrefix("ledger/0") ? [] : history.ran
          statuses[try history.tryStart("\(name): \(way)", keeping: kept), default: 0] += 1
        }
      }
      return "\(names.count * ways.count) states, starts ended with "
        + statuses.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }.joined(separator: ", ")
    }
  }

  private static func use(_ trial: Trial, fires: Int = 8, _ body: (History) throws -> String) throws -> String {
    var seen = ""
    try Cronwatch.use(configuration: Trial.settings) { cron in
      do {
        try cron.plan([.tick, .second])
        try cron.start()
        let history = try History(cron, fires: fires)
        cron.statusObserver = { try trial.status.take($0) }
        defer { cron.statusObserver = nil }
        seen = try trial.status.use { try body(history) }
      } catch {
        ResultFile.keep(cron, as: "row-\(trial.number)", trial.options)
        throw error
      }
    }
    return seen
  }
}
