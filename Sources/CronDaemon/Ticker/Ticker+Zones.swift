import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime
import CronTimeSystem

/// The zones that a table of jobs goes by.
struct ZonesInUse: Equatable {
  /// By the names that jobs give.
  var named: [String: Zone] = [:]
  /// What those and the default one come from.
  var copies: [String: ZoneData] = [:]
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
  /// The zones of the table as they are on the disk now, behind what jobs went by until now.
  func zones(of table: JobTable) -> ZonesInUse {
    let variable = Environment.get("TZ") ?? ""
    let names = Set(table.jobs.compactMap(\.zone))
    let defaults = SystemZones.defaultNames(
      setting: table.settings.defaultZone, environment: variable.isEmpty ? nil : variable)
    var zones = ZonesInUse()
    zones.followsLocalTime = table.settings.defaultZone.isEmpty && variable.isEmpty
    let defined = isReady ? [:] : engine.ledger.zonesLastDefined
    for name in names.union(defaults).sorted() where name != Zone.utc.name && name != "Etc/UTC" {
      switch currentData(name, defined: defined[name]) {
      case .read(let copy): zones.copies[name] = copy
      case .kept(let copy):
        // An upgrade may be replacing its file just now; its jobs must not go because of that.
        zones.copies[name] = copy
        zones.kept.append(name)
      case .lost: if names.contains(name) { zones.lost.append(name) }
      }
    }
    func zone(_ name: String) -> Zone? {
      name == Zone.utc.name || name == "Etc/UTC" ? .utc : zones.copies[name]?.zone
    }
    for name in names { zones.named[name] = zone(name) }
    zones.fallback = defaults.lazy.compactMap(zone).first ?? .utc
    if let error = ZoneCopies(state).note(names: Set(zones.named.keys).union([zones.fallback.name])) {
      log.debug("the names of the zones can't be kept", LogField("error", error))
    }
    return zones
  }

  private enum CurrentData {
    case read(ZoneData)
    case kept(ZoneData)
    case lost
  }

  /// What a zone's jobs go by from now on; until now by what a ticker before this one defined, if that is said.
  private func currentData(_ name: String, defined hash: UInt64?) -> CurrentData {
    let copies = ZoneCopies(state)
    let known = zonesInUse.copies[name] ?? hash.flatMap { copies.copy(of: name, hash: $0) }
    guard let bytes = SystemZones.bytes(of: name), let present = try? Zone(name: name, tzif: bytes) else {
      return known.map(CurrentData.kept) ?? .lost
    }
    let now = Instant(microseconds: loop.wall())
    let (data, joined) = ZoneData.succeeding(
      known, present: present, decidedThrough: engine.ledger.decidedThrough(zone: name, now: now))
    if data != known, let error = copies.keep(joined ?? bytes, of: data) {
      log.debug("zone data can't be kept", LogField("zone", name), LogField("error", error))
    }
    return .read(data)
  }

  /// The zones of the ledger's definitions, which the first table need not have any more, as they were then.
  func formerZones() -> [Zone] {
    let copies = ZoneCopies(state)
    let defined = isReady ? [:] : engine.ledger.definedZones
    return defined.keys.sorted().prefix(ZoneCopies.most).compactMap { data in
      copies.zone(named: data.name, hash: data.hash) ?? (try? SystemZones.zone(named: data.name))
    }
  }

  /// The jobs with their zones; one whose zone was never loaded is left out, and said.
  func engineJobs(_ table: JobTable, _ zones: ZonesInUse) -> [EngineJob] {
    zonesInUse = zones
    let salt = jitterSalt()
    var jobs: [EngineJob] = []
    jobs.reserveCapacity(table.jobs.count)
    var lost: [String] = []
    let setAside = quarantine.jobs
    for definition in table.jobs where !setAside.contains(definition.name) {
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
    deliver(.loaded(jobs: engineJobs(table, zones), former: [], moment()))
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
