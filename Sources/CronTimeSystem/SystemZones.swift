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
    return ZoneDatabase(load: { bytes(of: $0, below: directory) })
  }

  /// The TZif bytes of that name as they are now; nil when there are none.
  package static func bytes(of name: String) -> [UInt8]? { bytes(of: name, below: directory) }

  /// The name of what /etc/localtime shows when it is no link into the database.
  package static let localData = "localtime"

  private static func bytes(of name: String, below directory: String) -> [UInt8]? {
    guard Zone.isAcceptableName(name) else { return nil }
    if name == localData, let bytes = bytes(ofPath: "/etc/localtime") { return bytes }
    return bytes(ofPath: "\(directory)/\(name)")
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
    for name in defaultNames(setting: setting, environment: environment) {
      do { return try database.zone(named: name) } catch {}
    }
    return .utc
  }

  /// The names that may be the default zone's, the first first that there is.
  package static func defaultNames(setting: String, environment: String?) -> [String] {
    let named = environment.map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 }
    return [setting, named ?? "", localName() ?? "", localData].filter { !$0.isEmpty }
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
