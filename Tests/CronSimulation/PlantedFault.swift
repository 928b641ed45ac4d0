/// A mistake that the world makes on purpose, to show that the checks would see it.
public enum PlantedFault: String, CaseIterable, Sendable {
  /// Claims are dispatched without waiting for their sync.
  case dispatchesBeforeSync = "dispatches-before-sync"
  /// A disk says that it has synced, and has not.
  case liesAboutSyncs = "lies-about-syncs"
  /// Missed and skipped occurrences never reach the ledger.
  case dropsDecisions = "drops-decisions"
  /// The ends of runs never reach the ledger.
  case dropsEnds = "drops-ends"
  /// The memory of a full disk isn't handed to the next ticker.
  case forgetsMemory = "forgets-memory"
  /// A worker whose order was taken back starts it all the same.
  case ignoresVoid = "ignores-void"
  /// Nobody looks into the slots: what was claimed counts as never started.
  case skipsSlots = "skips-slots"
  /// The engine's clock is three seconds fast.
  case firesEarly = "fires-early"
  /// A worker takes an order twice.
  case startsTwice = "starts-twice"
  /// After a crash the ledger counts as empty.
  case forgetsLedger = "forgets-ledger"
}
