/// Which module may import which: the arrows of the architecture, and nobody but CronSystem meets C.
enum ImportDirection {
  /// What each target of Sources may import, beside the standard library.
  static let allowed: [String: Set<String>] = [
    "CronTime": [],
    "CronWire": [],
    "CronConfig": ["CronTime"],
    "CronLedger": ["CronTime"],
    "CronEngine": ["CronConfig", "CronLedger", "CronTime"],
    "CronSystem": ["CLinux", "Glibc"],
    "CronTimeSystem": ["CronTime", "CronSystem"],
    "CronDaemon": [
      "CronEngine", "CronConfig", "CronLedger", "CronTime", "CronTimeSystem", "CronWire", "CronSystem",
    ],
    "cronwatch": ["CronDaemon", "CronEngine", "CronConfig", "CronLedger", "CronTime", "CronWire", "CronSystem"],
  ]

  static func violations(in file: SourceFile) -> [Violation] {
    guard file.isProduct else { return [] }
    guard let modules = allowed[file.target] else {
      return [Violation(path: file.path, line: 1, message: "\(file.target) is no target of the architecture")]
    }
    return file.code.enumerated().compactMap { index, line in
      guard let module = importedModule(line), !modules.contains(module) else { return nil }
      return Violation(path: file.path, line: index + 1, message: "\(file.target) must not import \(module)")
    }
  }

  /// The module that a line imports: `@_exported public import struct CronTime.Instant` imports CronTime.
  static func importedModule(_ line: String) -> String? {
    var words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" }).map(String.init)
    let modifiers: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
    while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) { words.removeFirst() }
    guard words.first == "import" else { return nil }
    words.removeFirst()
    let kinds: Set<String> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor"]
    if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
    return words.first?.split(separator: ".").first.map(String.init)
  }
}
