import CronSystem

/// A worker's place on disk as the ticker sees it: who acts there, and which run it holds.
final class WorkerSlot {
  /// What may happen in the slot next.
  enum State {
    /// Nobody acts here.
    case free
    /// Our worker has been spawned and hasn't said that it is ready.
    case starting
    /// Our worker waits for an order.
    case idle
    /// Our worker has the order; the pid is known once the job runs.
    case running(SlotOrder, pid: Int32?)
    /// Our worker is done with its run and will say `idle`, or end.
    case settling
    /// A worker of an earlier ticker acts here; without a claim it only has to end.
    case adopted(SlotClaim?, ProcessIdentity)
    /// Nobody should act here any more, but the lock is still held, perhaps by a child that is about to exec.
    case orphaned(SlotClaim, since: Int64)
    /// It couldn't be read: what stands there isn't known, and nobody is sent there.
    case unread(since: Int64)
    /// Its order is damaged, and nothing else tells whose run it holds.
    case illegible(Illegible, since: Int64)
    /// The worker is dead and its job runs on.
    case jobAlone(SlotClaim, JobAlone)
  }

  /// What is known of a slot that doesn't tell whose run it holds.
  enum Illegible: Hashable {
    /// Somebody has its lock, perhaps this worker: a run will begin here or goes on, and its end will tell whose it is.
    case held(worker: ProcessIdentity?, hasBegun: Bool)
    /// A run began here, nobody acts here any more, and nothing will tell.
    case left
  }

  /// A job that outlived its worker.
  struct JobAlone {
    let identity: ProcessIdentity
    let startedAt: Int64
    /// When it must be killed, CLOCK_MONOTONIC ns; nil = nobody has asked for its end.
    var killAt: Int64?
    var stopCause: ExitFact.Cause?
    /// When TERM is due because of its timeout.
    var timeoutAt: Int64?
    /// Since when its status has been looked for after it ended.
    var endedAt: Int64?
    var killGraceSeconds: Int64 = 10
  }

  let number: Int
  var state: State = .free
  /// Our copy of the record's open file description; while we or the worker have it open, the record is locked.
  var record: WorkerRecord?
  var doorbell: FileDescriptor?
  var workerPID: Int32?
  /// The standard error of a worker of ours.
  var crash: CrashPipe?
  /// Why the worker was killed by us, for the record of deaths; nil = it wasn't.
  var endReason: String?
  /// Why it couldn't be told what the run of a dead worker does; nil = nobody asked, or it could.
  var judgementProblem: String?
  var spawnedAt: Int64 = 0
  /// When it last became idle, CLOCK_MONOTONIC ns.
  var idleSince: Int64 = 0
  /// The worker's, when it isn't our child.
  var workerProcess: ProcessDescriptor?
  /// The job's.
  var jobProcess: ProcessDescriptor?
  /// The output of a job without a worker, and when to look at it.
  var output: RunOutput?
  var outputWatch: OutputWatch?
  /// The job whose beginning was heard, should the record not tell any more.
  var jobIdentity: ProcessIdentity?
  /// What the worker was told, should the record not tell any more.
  var order: SlotOrder?
  /// When the job of an adopted worker must be killed, because it was asked to end, CLOCK_MONOTONIC ns.
  var killAt: Int64?
  /// What the record says of the run holds only until it is tried again: it is voided once the engine knows.
  var mustVoid = false
  /// The run whose end the ledger hasn't got yet: until then the record is not written.
  var owes: SlotClaim?
  /// The worker must end before the slot serves again.
  var isRetired = false

  init(number: Int) { self.number = number }

  var isIdle: Bool {
    if case .idle = state, owes == nil, !isRetired { return true }
    return false
  }

  var isStarting: Bool {
    if case .starting = state { return true }
    return false
  }

  /// Whether nobody acts here and nothing is owed.
  var isFree: Bool {
    if case .free = state, owes == nil { return true }
    return false
  }

  /// Whether nobody acts here, whatever is owed.
  var isOver: Bool {
    if case .free = state { return true }
    return false
  }

  /// Whether it doesn't tell whose run it holds.
  var isIllegible: Bool {
    if case .illegible = state { return true }
    return false
  }

  /// The run that the slot holds.
  var claim: SlotClaim? {
    switch state {
    case .free, .starting, .idle, .settling, .unread, .illegible: owes
    case .running(let order, _): order.claim
    case .adopted(let claim, _): claim
    case .orphaned(let claim, _), .jobAlone(let claim, _): claim
    }
  }

  /// Rings the doorbell; false when nobody hears it.
  func send(_ message: String) -> Bool {
    guard doorbell != nil else { return false }
    do { return try (doorbell?.send(Array(message.utf8)) ?? 0) > 0 } catch { return false }
  }
}
