/// What identifies the content of a source, to see whether it changed.
public struct SourceFingerprint: Hashable, Sendable {
  /// Bytes.
  public var size: Int64
  /// Nanoseconds since the epoch.
  public var modifiedNanoseconds: Int64
  /// The file's inode number.
  public var inode: UInt64
  /// CRC-32C of the content.
  public var checksum: UInt32

  /// A fingerprint.
  public init(size: Int64, modifiedNanoseconds: Int64, inode: UInt64, checksum: UInt32) {
    self.size = size
    self.modifiedNanoseconds = modifiedNanoseconds
    self.inode = inode
    self.checksum = checksum
  }
}

/// What became of a source at the last reading.
public enum SourceStatus: Hashable, Sendable {
  /// Its content is in use.
  case loaded
  /// It could not be used; its last good copy is.
  case lastGood(reason: String)
  /// It could not be used, and there is no copy.
  case refused(reason: String)
  /// There is no such file, and that is fine.
  case absent
}

/// One file that jobs come from.
public struct SourceState: Hashable, Sendable {
  /// The path.
  public var path: String
  /// What kind of file.
  public var kind: SourceKind
  /// The content in use; nil when there is none.
  public var fingerprint: SourceFingerprint?
  /// What became of it.
  public var status: SourceStatus

  /// The state of a source.
  public init(path: String, kind: SourceKind, fingerprint: SourceFingerprint?, status: SourceStatus) {
    self.path = path
    self.kind = kind
    self.fingerprint = fingerprint
    self.status = status
  }
}

/// What the reader hands to the ticker: everything that users wrote, checked and compiled.
public struct JobTable: Hashable, Sendable {
  /// The settings.
  public var settings: DaemonSettings
  /// The jobs, in the order of sources and lines; names are unique.
  public var jobs: [JobDefinition]
  /// The files they come from.
  public var sources: [SourceState]
  /// What was found in them (bounded, see `DiagnosticList`).
  public var diagnostics: [Diagnostic]
  /// All findings, also those that aren't kept.
  public var diagnosticCount: Int
  /// Lines that have no effect because of an error.
  public var rejectedLines: Int

  /// A table.
  public init(
    settings: DaemonSettings = DaemonSettings(), jobs: [JobDefinition] = [], sources: [SourceState] = [],
    diagnostics: [Diagnostic] = [], diagnosticCount: Int? = nil, rejectedLines: Int = 0
  ) {
    self.settings = settings
    self.jobs = jobs
    self.sources = sources
    self.diagnostics = Array(diagnostics.prefix(DiagnosticList.limit))
    self.diagnosticCount = max(diagnosticCount ?? 0, diagnostics.count)
    self.rejectedLines = rejectedLines
  }

  /// Removes every job whose name an earlier one has, and says so: a name means one job in one table.
  ///
  /// One parser sees to it within a file; only here all files meet.
  public mutating func rejectDuplicateNames() {
    var owners: [String: SourcePosition] = [:]
    owners.reserveCapacity(jobs.count)
    var kept: [JobDefinition] = []
    kept.reserveCapacity(jobs.count)
    for job in jobs {
      guard let first = owners[job.name] else {
        owners[job.name] = job.position
        kept.append(job)
        continue
      }
      rejectedLines += 1
      diagnosticCount += 1
      guard diagnostics.count < DiagnosticList.limit else { continue }
      diagnostics.append(JobName.duplicate(job.name, at: job.position, first: first))
    }
    jobs = kept
  }
}
