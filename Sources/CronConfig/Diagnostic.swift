/// A place in a file that people write: the path as it was named, and 1-based line and column.
public struct SourcePosition: Hashable, Sendable {
  /// The path as the user or the configuration named it; `-` for text that came from no file.
  public var file: String
  /// The line, from 1; 0 when the finding is about the whole file.
  public var line: Int
  /// The column in characters, from 1; 0 when the finding is about the whole line or file.
  public var column: Int

  /// A place in a file.
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}

/// How bad a finding is: an error means that something the user wrote has no effect.
public enum DiagnosticLevel: String, Hashable, Sendable, CaseIterable {
  /// The line or file is refused.
  case error
  /// It is used, and probably doesn't do what its author thinks.
  case warning
  /// Worth knowing.
  case note
}

/// One finding about a file that people write.
public struct Diagnostic: Hashable, Sendable {
  /// Where.
  public var position: SourcePosition
  /// How bad.
  public var level: DiagnosticLevel
  /// What kind, in kebab-case; stable, for programs.
  public var code: String
  /// What is wrong, in a sentence without a full stop.
  public var message: String
  /// What to do about it, where that is known.
  public var hint: String?

  /// A finding.
  public init(
    position: SourcePosition, level: DiagnosticLevel, code: String, message: String, hint: String? = nil
  ) {
    self.position = position
    self.level = level
    self.code = code
    self.message = message
    self.hint = hint
  }

  /// The finding as one line: `file:line:column: error: message; hint`.
  public var text: String {
    var place = position.file
    if position.line > 0 { place += ":\(position.line)" }
    if position.line > 0, position.column > 0 { place += ":\(position.column)" }
    let advice = hint.map { "; " + $0 } ?? ""
    return "\(place): \(level.rawValue): \(message)\(advice)"
  }
}

/// Findings with a bound: the first 1,000 are kept, all are counted.
public struct DiagnosticList: Hashable, Sendable {
  /// How many findings are kept.
  public static let limit = 1000

  /// The findings that are kept, in the order in which they were made.
  public private(set) var entries: [Diagnostic]
  /// All findings, kept or not.
  public private(set) var total: Int
  /// All errors, kept or not.
  public private(set) var errors: Int
  /// All warnings, kept or not.
  public private(set) var warnings: Int

  /// No findings.
  public init() {
    entries = []
    total = 0
    errors = 0
    warnings = 0
  }

  /// These findings.
  public init(_ entries: [Diagnostic]) {
    self.init()
    for entry in entries { append(entry) }
  }

  /// Adds a finding; one past the limit is only counted.
  public mutating func append(_ diagnostic: Diagnostic) {
    total += 1
    if diagnostic.level == .error { errors += 1 }
    if diagnostic.level == .warning { warnings += 1 }
    if entries.count < Self.limit { entries.append(diagnostic) }
  }

  /// Adds another list, with what it didn't keep.
  public mutating func append(contentsOf other: DiagnosticList) {
    entries.append(contentsOf: other.entries.prefix(max(0, Self.limit - entries.count)))
    total += other.total
    errors += other.errors
    warnings += other.warnings
  }
}
