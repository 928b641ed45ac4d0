import CronTime

/// What is said of a job beside its name, schedule and command: mostly the same for all jobs of a file.
///
/// `JobDefinition` has it all, and says there what it means.
struct JobTerms: Hashable, Sendable {
  var zone: String?
  var standardInput: String?
  var user: String?
  var shell: String = JobDefaults.shell
  var environment: [EnvironmentVariable] = []
  var timeoutSeconds: Int64?
  var graceSeconds: Int64?
  var overlap: OverlapPolicy = .skip
  var catchUp: CatchUpPolicy = .once
  var onInterrupt: InterruptPolicy = .record
  var durability: DurabilityPolicy = .preferred
  var randomDelayMinutes: Int = 0
  var file = "-"
  var sourceKind: SourceKind = .crontab

  /// Tells whether anything of it changed but where it is written and its zone; the same on every machine, for ever.
  var digest: UInt64 {
    let numbers = [timeoutSeconds, graceSeconds, Int64(randomDelayMinutes)].map { $0.map(String.init) }
    let policies = [overlap.rawValue, catchUp.description, onInterrupt.rawValue, durability.rawValue]
    var parts: [String?] = [standardInput, user, shell] + numbers + policies
    for variable in environment { parts += [variable.name, variable.value] }
    return parts.reduce(StableHash.bytes([])) { hash, part in
      // NUL stands in none of them.
      StableHash.bytes([0], state: part.map { StableHash.bytes($0.utf8, state: hash) } ?? hash &+ 1)
    }
  }
}

/// One copy of terms for all jobs that share them: a hundred thousand jobs are held in memory.
final class SharedTerms: Sendable {
  let terms: JobTerms
  let digest: UInt64

  init(_ terms: JobTerms) {
    self.terms = terms
    digest = terms.digest
  }
}

extension JobDefinition {
  /// Tells whether the job was edited beside its name, schedule, command and zone, without keeping what it said.
  public var termsDigest: UInt64 { sharedDigest }
  /// The zone of the schedules; nil = the default zone.
  public var zone: String? {
    get { terms.zone }
    set { terms.zone = newValue }
  }
  /// What the job reads from its standard input (the text after the first `%`); nil = nothing.
  public var standardInput: String? {
    get { terms.standardInput }
    set { terms.standardInput = newValue }
  }
  /// The user whom the job runs as; nil = the user of the daemon.
  public var user: String? {
    get { terms.user }
    set { terms.user = newValue }
  }
  /// The shell of a shell line.
  public var shell: String {
    get { terms.shell }
    set { terms.shell = newValue }
  }
  /// The file's own variables at that line, in their order.
  public var environment: [EnvironmentVariable] {
    get { terms.environment }
    set { terms.environment = newValue }
  }
  /// How long a run may take, in seconds; nil = for ever.
  public var timeoutSeconds: Int64? {
    get { terms.timeoutSeconds }
    set { terms.timeoutSeconds = newValue }
  }
  /// How late an occurrence may still fire normally, in seconds; nil = half the period, 120 s … 2 h.
  public var graceSeconds: Int64? {
    get { terms.graceSeconds }
    set { terms.graceSeconds = newValue }
  }
  /// What happens while the previous run lives.
  public var overlap: OverlapPolicy {
    get { terms.overlap }
    set { terms.overlap = newValue }
  }
  /// What happens to occurrences past their grace.
  public var catchUp: CatchUpPolicy {
    get { terms.catchUp }
    set { terms.catchUp = newValue }
  }
  /// What happens when the machine goes down under a run.
  public var onInterrupt: InterruptPolicy {
    get { terms.onInterrupt }
    set { terms.onInterrupt = newValue }
  }
  /// Whether its claims may be kept in memory while the disk refuses them.
  public var durability: DurabilityPolicy {
    get { terms.durability }
    set { terms.durability = newValue }
  }
  /// The upper bound of a stable random delay in minutes (`RANDOM_DELAY`); 0 = none.
  public var randomDelayMinutes: Int {
    get { terms.randomDelayMinutes }
    set { terms.randomDelayMinutes = newValue }
  }
  /// What kind of file it is written in.
  public var sourceKind: SourceKind {
    get { terms.sourceKind }
    set { terms.sourceKind = newValue }
  }
}
