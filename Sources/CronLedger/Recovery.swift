import CronTime

/// Reads the ledger at a start.
///
/// It replays from the newest segment whose snapshot is whole, and never fails: what is wrong becomes a finding, what
/// can't be read is left as it is, and what can't be understood is copied to the quarantine.
public enum Recovery {
  /// So many tickers in a row may die before one has synced what they wrote.
  private static let maximumUnsynced = 8

  /// Replays the ledger and then what was spilled, cuts torn tails and gives unused preallocated space back.
  ///
  /// `boot` names the present boot. Only what an earlier one wrote can have lost sectors amid its end; without it
  /// nothing is taken for that.
  ///
  /// Once `isOutOfTime` says so, the rest of the segments is left as it is: nobody knows what ran, as after damage.
  public static func recover(
    storage: inout some LedgerStorage, spilled: SpilledRecords = SpilledRecords(), boot: String? = nil,
    limits: RecoveryLimits = RecoveryLimits(), isOutOfTime: @escaping () -> Bool = { false }
  ) -> RecoveryResult {
    let numbers: [Int]
    do throws(StorageError) {
      numbers = try Patience.reading { () throws(StorageError) in try storage.list() }.compactMap(SegmentName.number)
        .sorted()
    } catch {
      var result = RecoveryResult()
      result.mustNotWrite = true
      result.add(RecoveryFinding(.unreadable, segment: "", detail: error.description), limits: limits)
      return result
    }
    var replay = Replay(limits: limits, boot: boot, numbers: numbers, isOutOfTime: isOutOfTime)
    if let newest = numbers.last {
      replay.result.nextSegment = newest + 1
      if newest == SegmentName.maximum { replay.result.mustNotWrite = true }
      let chain = replay.chain(storage: &storage)
      if replay.result.mustNotWrite { return replay.result }
      for segment in chain { replay.read(segment, storage: &storage) }
      replay.passOverAbandoned(storage: &storage)
      replay.result.segments = numbers.suffix(maximumUnsynced).map(SegmentName.of)
    }
    replay.read(spilled)
    replay.passOverUnread()
    replay.result.state.disposeOfRetired()
    if replay.result.needsBaseline { replay.result.state.doubtOpenRuns() }
    return replay.result
  }
}
