import CronSystem

/// What the pool has learnt of a run; the ticker hands it to the engine, then settles the slot.
enum WorkerEvent {
  /// The job's process exists.
  case started(SlotClaim, pid: Int32, at: Int64)
  /// The run is over: by its worker's own word, or found out after the worker's death.
  case ended(SlotClaim, ExitFact)
  /// It ended, and nobody can tell how.
  case unknown(SlotClaim, reason: String)
  /// Its worker died before it could start the job, and nobody will start it now.
  case neverRan(SlotClaim)
  /// No slot or no worker could be had for it.
  case noWorker(SlotClaim, reason: String)
  /// A worker ended otherwise than by design.
  case workerDied(WorkerDeath)

  /// The run that it is about.
  var claim: SlotClaim? {
    switch self {
    case .started(let claim, _, _), .ended(let claim, _), .unknown(let claim, _), .neverRan(let claim),
      .noWorker(let claim, _):
      claim
    case .workerDied: nil
    }
  }

  /// Whether it says that nobody has begun the run: it may be begun again.
  var saysNeverRan: Bool {
    switch self {
    case .neverRan: true
    case .ended(_, let exit): exit.cause == .notStarted
    case .started, .unknown, .noWorker, .workerDied: false
    }
  }

  /// Whether the slot's record is no longer needed once the engine has taken it.
  var isFinal: Bool {
    switch self {
    case .ended, .unknown, .neverRan: true
    case .started, .noWorker, .workerDied: false
    }
  }
}
