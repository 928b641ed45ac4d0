/// Where the state directory and the configuration are, by the rules of design §5; a pure function of its arguments.
public enum StateLocation {
  /// The state directory: the flag, else `CRONWATCH_STATE`, else root's, else the user's; nil when nothing names one.
  ///
  /// An empty value counts as absent, and a relative `XDG_STATE_HOME` is ignored as its specification asks.
  public static func resolve(
    flag: String?, environment: (String) -> String?, effectiveUser: UInt32, home: String?
  ) -> String? {
    if let flag, !flag.isEmpty { return flag }
    if let named = environment("CRONWATCH_STATE"), !named.isEmpty { return named }
    if effectiveUser == 0 { return "/var/lib/cronwatch" }
    return userDirectory(environment("XDG_STATE_HOME"), home: home, below: ".local/state").map { $0 + "/cronwatch" }
  }

  /// The configuration file: the flag, else `CRONWATCH_CONFIG`, else root's, else the user's; it may be absent.
  public static func resolveConfiguration(
    flag: String?, environment: (String) -> String?, effectiveUser: UInt32, home: String?
  ) -> String? {
    if let flag, !flag.isEmpty { return flag }
    if let named = environment("CRONWATCH_CONFIG"), !named.isEmpty { return named }
    if effectiveUser == 0 { return "/etc/cronwatch/cronwatch.conf" }
    return userDirectory(environment("XDG_CONFIG_HOME"), home: home, below: ".config")
      .map { $0 + "/cronwatch/cronwatch.conf" }
  }

  /// The path made absolute against the current directory, because roles don't keep the caller's directory.
  public static func absolute(_ path: String, currentDirectory: String) -> String {
    if path.hasPrefix("/") { return path }
    let base = currentDirectory.hasSuffix("/") ? String(currentDirectory.dropLast()) : currentDirectory
    return base + "/" + path
  }

  private static func userDirectory(_ named: String?, home: String?, below: String) -> String? {
    if let named, named.hasPrefix("/") { return named }
    guard let home, home.hasPrefix("/") else { return nil }
    return home == "/" ? "/" + below : home + "/" + below
  }
}
