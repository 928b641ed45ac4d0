import CronConfig
import CronEngine
import CronSystem
import CronTime
import CronTimeSystem

/// The zones that a table of jobs goes by.
struct ZonesInUse: Equatable {
  /// By the names that jobs give.
  var named: [String: Zone] = [:]
  /// Of the jobs that name none.
  var fallback = Zone.utc
  /// The default zone is what /etc/localtime says.
  var followsLocalTime = false
  /// Zones whose data can't be read any more; they are used as they were.
  var kept: [String] = []
  /// Zones that can't be read at all.
  var lost: [String] = []

  /// What to watch: their files, and the link that says where the machine is.
  var paths: Set<String> {
    let names = Set(named.keys).union([fallback.name]).filter { $0 != Zone.utc.name && $0 != "localtime" }
    let files = names.map { "\(SystemZones.directory)/\($0)" }
    return Set(followsLocalTime ? files + ["/etc/localtime"] : files)
  }
}

/// Zone data: read with each table, watched, and kept as it was while it can't be read.
extension Ticker {
  /// The zones of the table as they are on the disk now.
  func zones(of table: JobTable) -> ZonesInUse {
    var database = SystemZones.database()
    var zones = ZonesInUse()
    let variable = Environment.get("TZ") ?? ""
    zones.followsLocalTime = table.settings.defaultZone.isEmpty && variable.isEmpty
    zones.fallback = SystemZones.defaultZone(
      setting: table.settings.defaultZone, environment: variable.isEmpty ? nil : variable, database: &database)
    for name in Set(table.jobs.compactMap(\.zone)).sorted() {
      do throws(ZoneError) {
        zones.named[name] = try database.zone(named: name)
      } catch {
        // An upgrade may be replacing its file just now; its jobs must not go because of that.
        zones.named[name] = zonesInUse.named[name]
        if zones.named[name] == nil { zones.lost.append(name) } else { zones.kept.append(name) }
      }
    }
    return zones
  }

  /// The jobs with their zones; one whose zone was never loaded is left out, and said.
  func engineJobs(_ table: JobTable, _ zones: ZonesInUse) -> [EngineJob] {
    zonesInUse = zones
    let salt = jitterSalt()
    var jobs: [EngineJob] = []
    jobs.reserveCapacity(table.jobs.count)
    var lost: [String] = []
    defer { trail.clear() }
    for definition in table.jobs where !quarantine.has(.loading, definition.name) {
      trail.drop(.loading, definition.name)
      if let zone = definition.zone.map({ zones.named[$0] }) ?? zones.fallback {
        jobs.append(EngineJob(definition: definition, zone: zone, jitterSeed: salt))
      } else {
        lost.append(definition.name)
      }
    }
    problems["zones"] =
      lost.first.map { "\(lost.count) jobs don't fire because their zone can't be loaded: \($0) …" }
      ?? zones.kept.first.map { "the data of the zone \($0) can't be read any more: it is used as it was" }
    return jobs
  }

  /// Zone data may have changed: if it has, occurrences are looked up anew and the definitions say by what data.
  func reloadZones() {
    guard isReady else { return }
    let zones = zones(of: table)
    if zones == zonesInUse { return }
    beat()
    deliver(.loaded(jobs: engineJobs(table, zones), moment()))
    beat()
    log.info("zone data was read again", LogField("unreadable", (zones.kept + zones.lost).joined(separator: " ")))
    watchSources(table)
  }

  /// The host's own number, so that machines with the same crontab don't all wait equally long.
  private func jitterSalt() -> UInt64 {
    do {
      let bytes = try ForeignFile.read("/etc/machine-id", limit: 4096).bytes
      return UInt64(Checksum.crc32c(bytes))
    } catch {
      return 0
    }
  }
}
