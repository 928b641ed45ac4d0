/// Something about the ledger's files that isn't as it should be.
public struct RecoveryFinding: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was found.
  public enum Kind: String, Hashable, Sendable {
    /// The directory or a segment could not be read; it is left as it is.
    case unreadable
    /// A write that was cut short by a crash; the bytes are cut off.
    case tornTail = "torn-tail"
    /// The end of what had not been synced when the power failed: parts of it are there, others aren't. It is cut off.
    case unsyncedTail = "unsynced-tail"
    /// Bytes between records that are no record; a copy is in the quarantine.
    case damaged
    /// Segments, and not one record in them: a first start that was cut short, or somebody emptied them.
    case empty
    /// Records are missing between two that are there.
    case gap
    /// A place that another record has already.
    case duplicate
    /// A record contradicts earlier ones.
    case illegal
    /// A later major version wrote it; it is left as it is.
    case newerFormat = "newer-format"
    /// The segment's first records, which restate all before it, aren't whole.
    case incompleteSnapshot = "incomplete-snapshot"
    /// Decisions that the disk had refused were kept in memory, and not all of them are left.
    case spillLost = "spill-lost"
    /// A repair failed; nothing depends on it.
    case repairFailed = "repair-failed"
  }

  /// What was found.
  public var kind: Kind
  /// The file; empty for the directory.
  public var segment: String
  /// The byte where it begins, if that means anything.
  public var offset: Int?
  /// What exactly, for people.
  public var detail: String

  /// Makes a finding.
  public init(_ kind: Kind, segment: String, offset: Int? = nil, detail: String) {
    self.kind = kind
    self.segment = segment
    self.offset = offset
    self.detail = detail
  }

  /// One line for a log.
  public var description: String {
    let place = (segment.isEmpty ? "ledger" : "ledger/\(segment)") + (offset.map { " byte \($0)" } ?? "")
    return "\(place): \(kind.rawValue): \(detail)"
  }

  /// Whether records may have been lost, so that nobody knows what ran.
  public var meansLoss: Bool {
    switch kind {
    case .unreadable, .damaged, .empty, .gap, .newerFormat, .spillLost: true
    case .tornTail, .unsyncedTail, .duplicate, .illegal, .incompleteSnapshot, .repairFailed: false
    }
  }
}
