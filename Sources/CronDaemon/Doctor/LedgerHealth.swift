internal import CronLedger
public import CronSystem

/// The ledger's files at a glance, without reading what they say.
public struct LedgerHealth: Hashable, Sendable {
  /// How many segments there are.
  public var segments: Int
  /// Their bytes on the disk.
  public var bytes: UInt64
  /// Whether space is set aside for a full disk.
  public var hasReserve: Bool
  /// Whether the disk refuses decisions, or did when the machine went down.
  public var hasSpilled: Bool
  /// Names that are neither segments nor the ledger's other files, or not ours behind such a name, at most 8.
  public var strangers: [String]

  /// A ledger of these facts.
  public init(segments: Int, bytes: UInt64, hasReserve: Bool, hasSpilled: Bool, strangers: [String] = []) {
    self.segments = segments
    self.bytes = bytes
    self.hasReserve = hasReserve
    self.hasSpilled = hasSpilled
    self.strangers = strangers
  }

  /// `3 segments, 12 MiB`.
  public var text: String { "\(segments) \(segments == 1 ? "segment" : "segments"), \(ByteText.of(bytes))" }

  /// Looks; ENOENT when there is no ledger.
  public static func look(_ state: StateDirectory) throws(Errno) -> LedgerHealth {
    let directory = try state.existingDirectory(.ledger)
    let owner = try directory.descriptor.status().userIdentifier
    var health = LedgerHealth(segments: 0, bytes: 0, hasReserve: false, hasSpilled: false)
    for name in try directory.list(limit: 100_000) {
      guard let status = try directory.status(name) else { continue }
      let size = UInt64(max(status.allocatedSize, 0))
      let isOurs = status.kind == .regular && status.links == 1 && status.userIdentifier == owner
      if SegmentName.number(name) != nil, isOurs {
        health.segments += 1
        health.bytes &+= size
      } else if name == "reserve" {
        health.hasReserve = size > 0
      } else if name == "spilled" {
        health.hasSpilled = try directory.openFile(name, .read).read(upTo: 1, at: 0).first == UInt8(ascii: "y")
      } else if health.strangers.count < 8 {
        health.strangers.append(name)
      }
    }
    return health
  }
}
