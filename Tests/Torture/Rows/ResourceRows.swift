import EndToEndSupport

/// What long lives cost: a short look; `bin/torture --leak` takes its time.
extension FaultRow {
  static let resourceRows: [FaultRow] = [
    FaultRow(
      number: 80, name: "many fires", how: "300 jobs of every second, 10,000 fires; a million with `--leak`",
      expectation: "neither pages nor descriptors of watcher, ticker and workers grow; few descriptors",
      status: .held("not asked: pages and descriptors are counted"),
      check: .run(manyFires)),
    FaultRow(
      number: 81, name: "many restarts of the ticker",
      how: "kill -9 as soon as it ticks, 60 times; 1,000 with `--leak`",
      expectation: "neither pages nor descriptors of the watcher grow",
      status: .held("as in row 1"),
      check: .run(manyRestarts)),
  ]

  @Sendable private static func manyFires(_ trial: Trial) throws -> String {
    let result = try Leak(options: trial.options).fire(10_000, jobs: 300)
    if let finding = result.findings.first { throw RowFailure(finding) }
    return "\(result.count) fires in \(Int(result.seconds)) s: \(result.summary)"
  }

  @Sendable private static func manyRestarts(_ trial: Trial) throws -> String {
    let result = try Leak(options: trial.options).restart(60)
    if let finding = result.findings.first { throw RowFailure(finding) }
    return "\(result.count) restarts in \(Int(result.seconds)) s: \(result.summary)"
  }
}
