import CronEngine
public import CronLedger
public import CronTime

/// The end of a world: everything is let finish, and then looked at from outside.
extension Simulation {
  /// Heals the disk, lets runs end, and stops firing, so that nothing is open any more.
  func settle() {
    disk.deathAt = plannedCrash?.change
    for _ in 0..<6 { calmStep(60_000_000) }
    deliver(.drain(seenClock))
    var tickers = counts.tickers
    for step in 0..<600 where problems.isEmpty {
      // What was claimed under a clock that was set back is held until its instant comes.
      calmStep(step < 300 ? 30_000_000 : 600_000_000)
      // A ticker that began anew meanwhile has to be told too.
      if counts.tickers != tickers {
        tickers = counts.tickers
        deliver(.drain(seenClock))
      }
      if canAct, engine.isIdle, workers.isEmpty { break }
    }
    if problems.isEmpty, !(canAct && engine.isIdle) { fail("never idle: \(engine.summary)") }
    if problems.isEmpty, supervision.phase != .running { fail("no ticker at the end: \(supervision.phase)") }
  }

  private func calmStep(_ microseconds: Int64) {
    (disk.refusal, disk.isFull, disk.syncMode) = (nil, false, .works)
    pass(microseconds: microseconds)
    workersAct()
    endSyncs()
    if keeping?.needsRetry == true, canAct { keeping?.retry(nowNanoseconds: clock.monotonicNanoseconds) }
    tick()
    notice()
  }

  // MARK: - Checks

  func check() {
    disk.refused = []
    let records = records
    var checker = LedgerChecker(jitterSeconds: 120) { [zones] in zones.zone($0, hash: $1) }
    let found = checker.check(records)
    // What was lost is said by a baseline, and with it may go what was defined or removed; nothing runs twice for it.
    if isWhole { problems += found }
    if isWhole { counts.whole = 1 }
    counts.occurrences = checker.occurrences
    compareOutcomes(records)
    // It reads the whole ledger once more; every fourth world of each climate is enough of it.
    if seed / UInt64(Climate.allCases.count) % 4 == 0 || fault != nil {
      audit()
      replay()
    }
    if disk.syncsAfterFailure > 0 { fail("a descriptor was synced again after its sync had failed") }
  }

  /// Zone data that some ticker went by.
  public func zone(_ name: String, hash: UInt64) -> Zone? { zones.zone(name, hash: hash) }

  /// Every record that any segment still has, once and in order; what snapshots restate is left out.
  public var records: [SequencedRecord] {
    var seen: Set<UInt64> = []
    var records: [SequencedRecord] = []
    for segment in disk.segments {
      guard let facts = Self.behindSnapshot(segment.content) else { continue }
      var scanner = SegmentScanner(facts)
      while let item = scanner.next() {
        guard case .record(let record, _) = item, seen.insert(record.seq).inserted else { continue }
        records.append(record)
      }
    }
    let isSorted = zip(records, records.dropFirst()).allSatisfy { $0.seq < $1.seq }
    return isSorted ? records : records.sorted { $0.seq < $1.seq }
  }

  /// The segment's lines without its head; nil when that isn't whole.
  private static func behindSnapshot(_ content: [UInt8]) -> [UInt8]? {
    var scanner = SegmentScanner(content)
    guard case .record(let head, let range) = scanner.next(), case .snapshot(_, let count, _) = head.record else {
      return content
    }
    var end = range.upperBound
    for _ in 0..<count {
      guard let newline = content[end...].firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == 0 }),
        content[newline] != 0
      else { return nil }
      end = newline + 1
    }
    return Array(content[end...])
  }

  /// Holds what the ledger says of each run against what its job did.
  private func compareOutcomes(_ records: [SequencedRecord]) {
    var claimed: Set<RunIdentifier> = []
    for sequenced in records {
      if case .claim(let claim) = sequenced.record { claimed.insert(claim.run) }
      guard case .end(let end) = sequenced.record else { continue }
      let fact = facts[end.run]
      let wasStarted = fact?.wasStarted ?? false
      switch end.outcome {
      case .succeeded, .failed, .stopped, .timedOut:
        // An order can be stopped before it was taken.
        if !wasStarted, end.outcome != .stopped {
          fail("\(end.run) of \(end.job) is \(end.outcome), and never executed")
        }
        // Whose end was lost, and nobody can know of it, looks like one that never began.
        if let fact, let exit = fact.exit, !exit.agrees(with: end.outcome), !unknowable.contains(fact.key) {
          fail("\(end.run): \(exit) became \(end.outcome)")
        }
      case .unknown, .interrupted:
        // A bit that turns over in the last line makes a torn end of it, which is no loss.
        if let fact, !fact.isBlurred, isWhole, fault == nil {
          fail("\(end.run) of \(end.job) is \(end.outcome), though nothing happened to it")
        }
      case .missed, .skipped:
        if wasStarted, isWhole { fail("\(end.run) executed, and is \(end.outcome)") }
      }
    }
    // Every job that executed is known to the ledger.
    guard isWhole else { return }
    for (run, fact) in facts where fact.wasStarted && !claimed.contains(run) {
      fail("\(fact.key) executed as \(run), which the ledger doesn't know")
    }
  }

  /// The real audit must come to the same conclusion.
  private func audit() {
    var reader = SimulatedReader(segments: Dictionary(uniqueKeysWithValues: disk.segments))
    var items: [AuditItem] = []
    do throws(AuditError) {
      _ = try LedgerAudit.run(
        &reader, zone: { [zones] in zones.zone($0, hash: $1) }, report: { items.append($0) })
    } catch {
      fail("the audit fails: \(error)")
    }
    guard isWhole else { return }
    for item in items where item.kind.isFinding { fail("audit: \(item)") }
  }

  /// A replay of the disk comes to the state that the engine has.
  private func replay() {
    guard isWhole else { return }
    var storage = disk
    let recovery = Recovery.recover(storage: &storage, boot: "boot-\(boot)")
    if Set(recovery.state.open.keys) != Set(engine.ledger.open.keys) { fail("replay has other open runs") }
    // What a removed job had decided is forgotten a day later, by whoever looks first.
    for (name, marks) in engine.ledger.jobs where marks.definition != nil {
      if recovery.state.jobs[name]?.lastDecided == marks.lastDecided { continue }
      fail("replay has another mark of \(name)")
    }
  }

  /// Of the whole ledger as it stands.
  var digest: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for segment in disk.segments {
      for byte in segment.content where byte != 0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return hash
  }
}

extension RunExit {
  /// Whether the ledger's outcome is what this exit means.
  fileprivate func agrees(with outcome: Outcome) -> Bool {
    switch self {
    case .exited(let code, _, _, _): outcome == (code == 0 ? .succeeded : .failed) || outcome == .stopped
    case .signaled: outcome == .failed || outcome == .stopped
    case .timedOut: outcome == .timedOut
    case .stopped: outcome == .stopped || outcome == .timedOut
    case .interrupted: outcome == .interrupted
    case .unknown: outcome == .unknown
    case .declined: outcome == .missed
    }
  }
}

/// All segments that ever were, for the audit.
private struct SimulatedReader: LedgerReading {
  let segments: [String: [UInt8]]

  func list() throws(StorageError) -> [String] { segments.keys.sorted() }

  func size(_ name: String) throws(StorageError) -> Int { segments[name]?.count ?? 0 }

  func read(_ name: String, from offset: Int, count: Int) throws(StorageError) -> [UInt8] {
    guard let content = segments[name] else { throw StorageError(.absent) }
    return Array(content.dropFirst(offset).prefix(count))
  }
}
