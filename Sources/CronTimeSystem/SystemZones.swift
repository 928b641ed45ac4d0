internal import CronSystem
public import CronTime

/// The time zones of this system: the files below /usr/share/zoneinfo, tzfile(5).
public enum SystemZones {
  /// Where the files are: `$TZDIR` if that is an absolute path, else /usr/share/zoneinfo, tzset(3).
  public static var directory: String {
    guard let named = Environment.get("TZDIR"), named.hasPrefix("/") else { return "/usr/share/zoneinfo" }
    return named
  }
  /// Longer files aren't zone data, in bytes.
  private static let largestFile = 1 << 20

  /// The zone of that name, read anew; throws `ZoneError` for a name that isn't in the database.
  public static func zone(named name: String) throws(ZoneError) -> Zone {
    var database = database()
    return try database.zone(named: name)
  }

  /// A database over the files, which reads each zone once.
  public static func database() -> ZoneDatabase {
    let directory = directory
    return ZoneDatabase(load: { bytes(ofPath: "\(directory)/\($0)") })
  }

  /// The zone that this process's clocks show: `$TZ`, else /etc/localtime, else UTC.
  public static func local() -> Zone {
    var database = database()
    return defaultZone(setting: "", environment: Environment.get("TZ"), database: &database)
  }

  /// The zone of schedules that name none: the setting, else `$TZ`, else /etc/localtime, else UTC.
  ///
  /// `environment` is `TZ`'s value; one that names no zone of the database is passed over, as if it weren't set.
  package static func defaultZone(
    setting: String, environment: String?, database: inout ZoneDatabase
  ) -> Zone {
    let named = environment.map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 }
    for name in [setting, named ?? "", localName() ?? ""] where !name.isEmpty {
      do { return try database.zone(named: name) } catch {}
    }
    guard let bytes = bytes(ofPath: "/etc/localtime") else { return .utc }
    do { return try Zone(name: "localtime", tzif: bytes) } catch { return .utc }
  }

  /// The name that /etc/localtime points to; nil when it is no link into the database.
  private static func localName() -> String? {
    let target: String
    do { target = try linkTarget(ofPath: "/etc/localtime") } catch { return nil }
    let parts = target.split(separator: "/")
    guard let folder = parts.firstIndex(of: "zoneinfo"), folder + 1 < parts.count else { return nil }
    return parts[(folder + 1)...].joined(separator: "/")
  }

  private static func bytes(ofPath path: String) -> [UInt8]? {
    do { return try ForeignFile.read(path, limit: largestFile).bytes } catch { return nil }
  }

  /// The names in the database, unordered, at most 10,000; for hints and for lists to choose from.
  public static func names() -> [String] {
    var names: [String] = []
    collect("", depth: 0, below: directory, into: &names)
    return names
  }

  private static func collect(_ prefix: String, depth: Int, below directory: String, into names: inout [String]) {
    guard depth < 4, names.count < 10_000 else { return }
    do {
      let folder = try Directory.open(prefix.isEmpty ? directory : "\(directory)/\(prefix)")
      for entry in try folder.list(limit: 10_000) {
        let name = prefix.isEmpty ? entry : "\(prefix)/\(entry)"
        guard Zone.isAcceptableName(name), entry.first?.isUppercase == true, !entry.contains(".") else { continue }
        if try folder.status(entry)?.kind == .directory {
          collect(name, depth: depth + 1, below: directory, into: &names)
        } else {
          names.append(name)
        }
      }
    } catch {
      return  // a hint less
    }
  }
}
