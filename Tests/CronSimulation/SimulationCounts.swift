/// What happened in one world, or in many.
public struct SimulationCounts: Hashable, Sendable {
  /// Worlds.
  public var seeds = 0
  /// Worlds in which nothing of the ledger was lost, so that every occurrence must be found.
  public var whole = 0
  /// Steps of the worlds.
  public var steps = 0
  /// Orders given to workers.
  public var fires = 0
  /// Jobs that executed.
  public var starts = 0
  /// Occurrences that got an outcome.
  public var occurrences = 0
  /// Records that were appended.
  public var records = 0
  /// Changes of the disk, at each of which the ticker could die.
  public var changes = 0
  /// Tickers that were started.
  public var tickers = 0
  /// Tickers that died.
  public var tickerCrashes = 0
  /// Tickers that hung.
  public var hangs = 0
  /// Watchers that died.
  public var watcherCrashes = 0
  /// Workers that died.
  public var workerDeaths = 0
  /// Losses of power.
  public var powerLosses = 0
  /// Times that the disk was full, failed, refused to sync, or hung.
  public var diskTroubles = 0
  /// Bits that turned over in the ledger.
  public var rotten = 0
  /// Segments that tickers died of, and no other may read.
  public var quarantines = 0
  /// Starts that had no time to read the ledger to its end.
  public var slowReadings = 0
  /// Steps of the wall clock.
  public var clockSteps = 0
  /// Sleeps of the machine.
  public var suspensions = 0
  /// Changes of zone data.
  public var zoneChanges = 0
  /// Tables edited while no ticker ran.
  public var changesWhileDown = 0
  /// Times that a part of the ledger was lost, and said to be.
  public var baselines = 0
  /// Times that the memory of a failing disk was lost together with the mark of it: the one documented blind spot.
  public var unknowable = 0
  /// Of everything that was decided; the sum over worlds, so that their order doesn't matter.
  public var digest: UInt64 = 0

  /// The counts by their names, for reports.
  public var named: [(name: String, value: Int)] {
    [
      ("seeds", seeds), ("whole", whole), ("steps", steps), ("fires", fires), ("starts", starts),
      ("occurrences", occurrences),
      ("records", records), ("disk_changes", changes), ("tickers", tickers), ("ticker_crashes", tickerCrashes),
      ("hangs", hangs), ("watcher_crashes", watcherCrashes), ("worker_deaths", workerDeaths),
      ("power_losses", powerLosses), ("disk_troubles", diskTroubles), ("rotten_bits", rotten),
      ("quarantines", quarantines), ("slow_readings", slowReadings),
      ("clock_steps", clockSteps), ("suspensions", suspensions),
      ("zone_changes", zoneChanges), ("changes_while_down", changesWhileDown),
      ("baselines", baselines), ("unknowable", unknowable),
    ]
  }

  /// No world yet.
  public init() {}

  /// Adds those of another world.
  public mutating func add(_ other: SimulationCounts) {
    seeds += other.seeds
    whole += other.whole
    steps += other.steps
    fires += other.fires
    starts += other.starts
    occurrences += other.occurrences
    records += other.records
    changes += other.changes
    tickers += other.tickers
    tickerCrashes += other.tickerCrashes
    hangs += other.hangs
    watcherCrashes += other.watcherCrashes
    workerDeaths += other.workerDeaths
    powerLosses += other.powerLosses
    diskTroubles += other.diskTroubles
    rotten += other.rotten
    quarantines += other.quarantines
    slowReadings += other.slowReadings
    clockSteps += other.clockSteps
    suspensions += other.suspensions
    zoneChanges += other.zoneChanges
    changesWhileDown += other.changesWhileDown
    baselines += other.baselines
    unknowable += other.unknowable
    digest &+= other.digest
  }
}
