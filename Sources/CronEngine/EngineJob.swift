public import CronConfig
public import CronTime

/// A job as the engine needs it: the definition, with its zone looked up.
public struct EngineJob: Hashable, Sendable {
  /// The definition.
  public var definition: JobDefinition
  /// The zone of its schedules.
  public var zone: Zone
  /// The host's salt of the job's random delay.
  public var jitterSeed: UInt64

  /// A job in a zone.
  public init(definition: JobDefinition, zone: Zone, jitterSeed: UInt64 = 0) {
    self.definition = definition
    self.zone = zone
    self.jitterSeed = jitterSeed
  }

  /// The schedules as the ledger records them.
  var scheduleText: String { definition.schedules.map(\.description).joined(separator: " ; ") }

  /// Tells whether the command or any of its terms was edited, without keeping them.
  var commandDigest: UInt64 {
    let terms = definition.termsDigest
    return switch definition.command {
    case .shellLine(let line): SplitMix.hash(line, seed: 1 &+ terms)
    case .words(let words): words.reduce(2 &+ terms) { SplitMix.hash($1, seed: $0 &+ 1) }
    }
  }

  /// The smallest instant of any of its schedules after `instant`.
  func next(after instant: Instant, origin: Instant) -> Instant? {
    var earliest: Instant?
    for schedule in definition.schedules {
      guard let next = schedule.next(after: instant, in: zone, origin: origin) else { continue }
      earliest = min(earliest ?? next, next)
    }
    return earliest
  }

  /// How many instants its schedules name after `start` and up to `end`; one that several name counts several times.
  func count(after start: Instant, through end: Instant, origin: Instant) -> Int {
    definition.schedules.reduce(0) { $0 + $1.count(after: start, through: end, in: zone, origin: origin) }
  }

  /// The shortest usual spacing of its occurrences in seconds; nil when it fires once at most.
  func period(near instant: Instant, origin: Instant) -> Int64? {
    definition.schedules.compactMap { $0.period(near: instant, in: zone, origin: origin) }.min()
  }

  /// How late it may still fire normally: its own grace, else half the period within 120 s … 2 h.
  func graceSeconds(period: Int64?) -> Int64 {
    if let own = definition.graceSeconds { return max(0, own) }
    return min(max((period ?? Int64.max) / 2, 120), 7200)
  }

  /// When the occurrence is due: its instant and the job's stable random delay.
  func due(_ instant: Instant) -> Instant { instant.adding(seconds: jitterSeconds(at: instant)) }

  /// A pure function of (job, salt, instant): a reload or a restart never rolls it again.
  func jitterSeconds(at instant: Instant) -> Int64 {
    guard definition.randomDelayMinutes > 0 else { return 0 }
    let seed = SplitMix.hash(definition.name, seed: jitterSeed) &+ UInt64(bitPattern: instant.seconds)
    var chance = SplitMix(seed: seed)
    return Int64.random(in: 0..<Int64(min(definition.randomDelayMinutes, 525_600)) * 60, using: &chance)
  }

  var hasRebootSchedule: Bool { definition.schedules.contains { $0.form == .reboot } }
}
