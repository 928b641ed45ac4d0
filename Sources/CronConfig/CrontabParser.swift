/// Which dialect of crontab a file is.
public enum CrontabFormat: Hashable, Sendable {
  /// Schedule, then command. `owner` is the user whose spool crontab it is; nil for a file that was named to us.
  case user(owner: String?)
  /// Schedule, user, command: /etc/crontab and /etc/cron.d.
  case system
}

/// What a crontab says.
public struct ParsedCrontab: Hashable, Sendable {
  /// Its jobs, in file order.
  public var jobs: [JobDefinition]
  /// What was found in it, with a bound.
  public var findings: DiagnosticList
  /// Lines that have no effect because of an error.
  public var rejectedLines: Int
  /// Why the whole file was refused; nil when it was read line by line.
  public var refusal: String?
  /// Where MAILTO is first set to something; nil when it never is.
  public internal(set) var mailTo: SourcePosition?

  /// The findings that are kept.
  public var diagnostics: [Diagnostic] { findings.entries }

  /// What a crontab says.
  public init(
    jobs: [JobDefinition] = [], findings: DiagnosticList = DiagnosticList(), rejectedLines: Int = 0,
    refusal: String? = nil
  ) {
    self.jobs = jobs
    self.findings = findings
    self.rejectedLines = rejectedLines
    self.refusal = refusal
  }
}

/// Reads crontabs line by line: a line with an error is reported and skipped, every other line counts (crontab(5)).
public struct CrontabParser {
  /// The largest file that is read, in bytes.
  public static let largestFile = 64 << 20
  /// The most lines of a file.
  public static let mostLines = 1_000_000
  /// The longest line, in bytes.
  public static let longestLine = 64 << 10

  /// Parses a whole crontab; `file` is the path for diagnostics and derived names, `settings` what jobs get by default.
  ///
  /// A file beyond the limits or with NUL bytes is refused as a whole. Without `checkZone` every zone passes.
  public static func parse(
    _ bytes: [UInt8], file: String, format: CrontabFormat, settings: JobDefaults = JobDefaults(),
    checkZone: (String) -> ZoneCheck = { _ in .known }
  ) -> ParsedCrontab {
    if let refusal = FileRefusal.find(in: bytes) { return refused(refusal, file: file) }
    return withoutActuallyEscaping(checkZone) { check in
      var reader = CrontabReader(bytes: bytes, file: file, format: format, defaults: settings, checkZone: check)
      reader.readAll()
      return reader.result
    }
  }

  private static func refused(_ refusal: FileRefusal, file: String) -> ParsedCrontab {
    let diagnostic = Diagnostic(
      position: SourcePosition(file: file, line: refusal.line, column: refusal.column), level: .error,
      code: refusal.code, message: refusal.message, hint: refusal.hint)
    return ParsedCrontab(findings: DiagnosticList([diagnostic]), rejectedLines: 1, refusal: refusal.message)
  }
}

/// Why a file isn't read at all; the same for crontabs and `.conf` files.
struct FileRefusal {
  let line: Int
  let column: Int
  let code: String
  let message: String
  let hint: String?

  /// The reason, if there is one.
  static func find(in bytes: [UInt8]) -> FileRefusal? {
    if bytes.count > CrontabParser.largestFile {
      return FileRefusal(
        line: 0, column: 0, code: "file-too-large", message: "the file is larger than 64 MiB", hint: nil)
    }
    var lines = 1
    var lineStart = 0
    for index in bytes.indices {
      if bytes[index] == ASCII.newline {
        lines += 1
        lineStart = index + 1
      } else if bytes[index] == 0 {
        return nul(bytes, line: lines, lineStart: lineStart, index: index)
      }
    }
    if bytes.last == ASCII.newline { lines -= 1 }
    guard lines > CrontabParser.mostLines else { return nil }
    return FileRefusal(
      line: 0, column: 0, code: "too-many-lines", message: "the file has more than 1,000,000 lines", hint: nil)
  }

  private static func nul(_ bytes: [UInt8], line: Int, lineStart: Int, index: Int) -> FileRefusal {
    let wide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    return FileRefusal(
      line: line, column: ASCII.column(bytes, lineStart: lineStart, at: index), code: "nul-byte",
      message: "the file has a NUL byte, so it is no text",
      hint: wide ? "it looks like UTF-16; save it as UTF-8" : nil)
  }
}
