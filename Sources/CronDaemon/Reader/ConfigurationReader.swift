internal import CronConfig
internal import CronSystem

/// One reading of everything that users wrote: settings, crontabs, jobs; the result is a table for the ticker.
struct ConfigurationReader: ~Copyable {
  /// What is read.
  struct Request {
    /// The configuration file; empty = none.
    var configuration = ""
    /// Crontabs named on the command line: they replace the configured sources.
    var crontabs: [String] = []
    /// Sources that a reader hung on before: not touched, their last good copies stay.
    var skipped: [String] = []
    /// What stands before the system's paths; for tests.
    var root = ""
  }

  private let state: StateDirectory
  private let request: Request
  private let copies: SourceCopies
  private let zones: ZoneChecker
  private let loader: SourceLoader
  /// nil = nobody asked for watches.
  private var watches: SourceWatches?
  private var table = JobTable()
  private var findings = DiagnosticList()

  init(
    _ state: StateDirectory, _ request: Request, watches: consuming SourceWatches? = nil
  ) throws(Errno) {
    self.watches = watches
    self.state = state
    self.request = request
    copies = try SourceCopies(state)
    zones = ZoneChecker(used: ZoneCopies(state).names())
    loader = SourceLoader(accounts: AccountBook.ofSystem(root: request.root))
  }

  /// Reads everything; nil = the configuration is bad and there is no good copy, which `findings` explain.
  mutating func read() -> JobTable? {
    defer {
      copies.unmark()
      watches?.finish()
    }
    if !request.configuration.isEmpty {
      read(Source(path: request.configuration, kind: .conf, form: .settings, trust: .named))
      if case .refused = table.sources.first?.status {
        finish()
        return nil
      }
    }
    var list = SourceList()
    let system = table.settings.systemCrontabs && request.crontabs.isEmpty
    for path in request.crontabs.isEmpty ? table.settings.crontabFiles : request.crontabs { list.addNamed(path) }
    if system, CurrentProcess.effectiveUser == 0 {
      // A user's first crontab appears in a directory that may be empty now.
      watches?.watch(directoryOf: request.root + table.settings.crontabSpool + "/.")
      list.addSystem(root: request.root, spool: table.settings.crontabSpool)
    }
    list.addCommandJobs(state)
    for finding in list.findings { findings.append(finding) }
    for source in list.sources { read(source) }
    if system, CurrentProcess.effectiveUser != 0 {
      report(
        request.configuration, .error, "system-needs-root", "only root can run the system's tables: they aren't read",
        hint: "set crontabs.system to no")
    }
    if list.unlistedDirectories.isEmpty { copies.forgetAll(except: table.sources.map(\.path)) }
    finish()
    return table
  }

  /// What was found, for the log when there is no table.
  var diagnostics: [Diagnostic] { table.diagnostics }

  private mutating func finish() {
    checkUsers()
    table.diagnostics = findings.entries
    table.diagnosticCount = findings.total
    table.rejectDuplicateNames()
  }

  // MARK: One source

  private mutating func read(_ source: Source) {
    copies.mark(reading: source.path)
    Fault.point("reader.before-read")
    if request.skipped.contains(source.path) {
      return fall(back: source, "reading it took too long, or killed the reader")
    }
    // Before it is read: what changes in between is heard.
    watches?.watch(directoryOf: source.path)
    switch loader.load(source) {
    case .absent:
      if source.isExpected { fall(back: source, "there is no such file") } else { settle(source, .absent) }
    case .unusable(let reason): fall(back: source, reason)
    case .forbidden(let reason):
      report(source.path, .error, "source-refused", "refused: \(reason)")
      settle(source, .refused(reason: reason))
    case .bytes(let bytes, let fingerprint): use(bytes, fingerprint, of: source)
    }
  }

  private mutating func use(_ bytes: [UInt8], _ fingerprint: SourceFingerprint, of source: Source) {
    if Self.isBlank(bytes), let copy = copies.copy(of: source.path), !Self.isBlank(copy.bytes) {
      return fall(back: source, "it is empty", hint: "if that is meant, write a comment into it, or remove it")
    }
    Fault.point("reader.before-parse", of: source.path)
    let parsed = parse(bytes, source)
    findings.append(contentsOf: parsed.findings)
    if let refusal = parsed.refusal {
      table.rejectedLines += parsed.rejectedLines
      return fall(back: source, refusal)
    }
    take(parsed, source)
    settle(source, .loaded, fingerprint)
    do {
      try copies.keep(bytes, fingerprint: fingerprint, of: source.path)
    } catch {
      report(source.path, .warning, "no-copy", "no copy of this file can be kept: \(error)")
    }
  }

  /// The last good copy, if there is one; said either way.
  private mutating func fall(back source: Source, _ reason: String, hint: String? = nil) {
    guard let copy = copies.copy(of: source.path) else {
      report(source.path, .error, "source-refused", "not used: \(reason)", hint: hint)
      return settle(source, .refused(reason: reason))
    }
    let parsed = parse(copy.bytes, source)
    if parsed.refusal == nil { take(parsed, source) }
    report(source.path, .error, "last-good-copy", "\(reason); its last good copy stays in use", hint: hint)
    settle(source, .lastGood(reason: reason), copy.fingerprint)
  }

  private mutating func settle(_ source: Source, _ status: SourceStatus, _ fingerprint: SourceFingerprint? = nil) {
    table.sources.append(
      SourceState(path: source.path, kind: source.kind, fingerprint: fingerprint, status: status))
  }

  // MARK: Parsing

  /// What either parser found; `refusal` = the file counts as a whole for nothing.
  private struct Parsed {
    var settings: DaemonSettings?
    var jobs: [JobDefinition]
    var findings: DiagnosticList
    var rejectedLines: Int
    var refusal: String?
  }

  private func parse(_ bytes: [UInt8], _ source: Source) -> Parsed {
    let zones = zones
    switch source.form {
    case .crontab(let format):
      let crontab = CrontabParser.parse(
        bytes, file: source.path, format: format, settings: table.settings.jobDefaults, checkZone: zones.check)
      return Parsed(
        jobs: crontab.jobs, findings: crontab.findings, rejectedLines: crontab.rejectedLines,
        refusal: crontab.refusal)
    case .settings, .jobs:
      let conf = ConfParser.parse(bytes, file: source.path, checkZone: zones.check)
      var jobs = conf.jobs
      for index in jobs.indices { jobs[index].sourceKind = source.kind }
      return Parsed(
        settings: source.form == .settings ? conf.settings : nil, jobs: jobs, findings: conf.findings,
        rejectedLines: conf.rejectedLines,
        refusal: conf.isAccepted ? nil : "it has \(conf.findings.errors) error\(conf.findings.errors == 1 ? "" : "s")")
    }
  }

  private mutating func take(_ parsed: Parsed, _ source: Source) {
    if let settings = parsed.settings { table.settings = settings }
    table.jobs += parsed.jobs
    table.rejectedLines += parsed.rejectedLines
  }

  /// Jobs of accounts that have expired don't run; a user that nobody knows now may be known when the job is due.
  private mutating func checkUsers() {
    var kept: [JobDefinition] = []
    kept.reserveCapacity(table.jobs.count)
    for job in table.jobs {
      guard let user = job.user, job.sourceKind != .spool else {
        kept.append(job)
        continue
      }
      if loader.accounts.hasExpired(user) {
        table.rejectedLines += 1
        findings.append(
          Diagnostic(
            position: job.position, level: .error, code: "account-expired",
            message: "the account '\(user)' has expired"))
        continue
      }
      if case .unknown = loader.accounts.look(up: user) {
        findings.append(
          Diagnostic(
            position: job.position, level: .warning, code: "unknown-user", message: "there is no user '\(user)'"))
      }
      kept.append(job)
    }
    table.jobs = kept
  }

  private mutating func report(
    _ path: String, _ level: DiagnosticLevel, _ code: String, _ message: String, hint: String? = nil
  ) {
    findings.append(
      Diagnostic(
        position: SourcePosition(file: path, line: 0, column: 0), level: level, code: code, message: message,
        hint: hint))
  }

  private static func isBlank(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
  }
}
