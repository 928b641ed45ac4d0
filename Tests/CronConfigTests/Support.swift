import CronConfig
import CronTime
import Glibc

/// A zone check that knows three zones.
func threeZones(_ name: String) -> ZoneCheck {
  let known = ["Europe/Paris", "America/New_York", "UTC"]
  if known.contains(name) { return .known }
  return .unknown(nearest: NearestName.find(name, among: known))
}

/// Parses a crontab given as text.
func crontab(
  _ text: String, file: String = "/c/tab", format: CrontabFormat = .user(owner: nil),
  settings: JobDefaults = JobDefaults()
) -> ParsedCrontab {
  CrontabParser.parse(Array(text.utf8), file: file, format: format, settings: settings, checkZone: threeZones)
}

/// Parses a `.conf` file given as text.
func conf(_ text: String) -> ParsedConf {
  ConfParser.parse(Array(text.utf8), file: "/c/conf", checkZone: threeZones)
}

/// A finding as `line:column code`.
func brief(_ diagnostic: Diagnostic) -> String {
  "\(diagnostic.position.line):\(diagnostic.position.column) \(diagnostic.code)"
}

extension JobCommand {
  /// The shell line; empty for words.
  var line: String {
    if case .shellLine(let line) = self { return line }
    return ""
  }
}

/// Files of the repository.
enum RepositoryFile {
  /// The repository's root, from the place of this file.
  static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

  /// The bytes of a file; nil when it can't be read.
  static func read(_ path: String) -> [UInt8]? {
    guard let stream = fopen(root + "/" + path, "r") else { return nil }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, stream)
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// Writes a file: only when the person who runs the tests asked for it with CRONWATCH_UPDATE=1.
  static func update(_ path: String, _ text: String) {
    guard getenv("CRONWATCH_UPDATE") != nil, let stream = fopen(root + "/" + path, "w") else { return }
    defer { fclose(stream) }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, stream)
  }

  /// The names in a directory, sorted.
  static func list(_ path: String) -> [String] {
    guard let directory = opendir(root + "/" + path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
