public import CronConfig
internal import CronLedger
internal import CronSystem
public import CronTime
internal import CronTimeSystem

/// A job of the loaded table with its zone, for commands.
public struct LoadedJob {
  /// The job.
  public let definition: JobDefinition
  /// The zone of its schedules.
  public let zone: Zone
  /// What its intervals count from; nil = no ticker has defined it yet.
  public let origin: Instant?

  /// Its schedules as text.
  public var scheduleText: String { definition.schedules.map(\.description).joined(separator: " ; ") }

  /// Its next nominal instant; nil = never.
  public func next(after instant: Instant) -> Instant? {
    definition.schedules.compactMap { $0.next(after: instant, in: zone, origin: origin ?? instant) }.min()
  }
}

/// The table that was loaded last: what commands show when they need no ticker.
public struct LoadedTable {
  /// Its settings.
  public let settings: DaemonSettings
  /// Its jobs.
  public let jobs: [LoadedJob]

  /// The table of a state directory; nil when there is none that can be read.
  public static func read(_ state: StateDirectory) -> LoadedTable? {
    do {
      let table = try table(state)
      var zones = SystemZones.database()
      let fallback = SystemZones.defaultZone(
        setting: table.settings.defaultZone, environment: Environment.get("TZ"), database: &zones)
      let origins = origins(state)
      let jobs = table.jobs.map { definition -> LoadedJob in
        var zone = fallback
        if let name = definition.zone { do { zone = try zones.zone(named: name) } catch {} }
        return LoadedJob(definition: definition, zone: zone, origin: origins[definition.name])
      }
      return LoadedTable(settings: table.settings, jobs: jobs)
    } catch {
      return nil
    }
  }

  /// Its settings alone: neither zones nor the ledger are looked at.
  public static func settings(_ state: StateDirectory) -> DaemonSettings? {
    do { return try table(state).settings } catch { return nil }
  }

  private static func table(_ state: StateDirectory) throws -> JobTable {
    let directory = try state.existingDirectory(.lastGood)
    return try JobTableCodec.decode(
      AtomicFile.read(in: directory, name: ReaderRole.tableName, limit: ReaderRole.largestTable))
  }

  /// Whether a source has a last good copy: then it may be named though it can't be read just now.
  public static func hasCopy(of source: String, _ state: StateDirectory) -> Bool {
    do { return try SourceCopies(state).copy(of: source) != nil } catch { return false }
  }
}

extension LoadedTable {
  /// What each job counts from: the newest segment of the ledger begins with every definition.
  private static func origins(_ state: StateDirectory) -> [String: Instant] {
    var origins: [String: Instant] = [:]
    do {
      let files = try LedgerFiles(reading: state)
      guard let newest = try files.list().compactMap(SegmentName.number).max() else { return [:] }
      let name = SegmentName.of(newest)
      var scanner = SegmentScanner(try files.read(name, from: 0, count: try files.size(name)))
      while let item = scanner.next() {
        if case .record(let record, bytes: _) = item, case .define(let definition) = record.record {
          origins[definition.job] = definition.origin
        }
      }
    } catch {
      // A list without exact instants of intervals is better than none.
    }
    return origins
  }
}

/// Why a zone can't be used.
public struct ZoneLookupError: Error {
  /// What may have been meant.
  public let hint: String?
}

/// Zones by name for commands.
public enum ZoneLookup {
  /// The zone of that name; without one the default of schedules.
  public static func zone(named name: String?) throws(ZoneLookupError) -> Zone {
    var database = SystemZones.database()
    guard let name else {
      return SystemZones.defaultZone(setting: "", environment: Environment.get("TZ"), database: &database)
    }
    do {
      return try database.zone(named: name)
    } catch {
      let nearest = ZoneDatabase.nearestName(to: name, among: SystemZones.names())
      throw ZoneLookupError(
        hint: nearest.map { "did you mean \($0)?" } ?? "names are those of the tz database, such as Europe/Paris")
    }
  }

  /// Checks names for the parsers, each once.
  public static func checker() -> (String) -> ZoneCheck {
    let checker = ZoneChecker()
    return { checker.check($0) }
  }
}
