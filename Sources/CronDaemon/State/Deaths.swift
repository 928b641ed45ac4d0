public import CronSystem

/// How our own processes ended: for each role the last 100 ends, and what those processes said last.
///
/// A ring for each role, so that workers which die by the thousand don't push out why the tickers died. Nothing of it
/// is synced. Two files for each, so that versions that know nothing of last words read and write the first as ever.
public final class Deaths {
  /// The ends that are kept of each role.
  public static let slots = 100
  private static let wordsSlotSize = 2048

  private struct Rings {
    let ends: RecordRing
    let words: RecordRing
  }

  private let rings: [DeathRecord.Role: Rings]

  /// The files of a state directory; nothing is opened before it is used.
  public init(_ state: StateDirectory) {
    rings = Dictionary(
      uniqueKeysWithValues: DeathRecord.Role.allCases.map { role in
        let name = role == .ticker ? "deaths" : "deaths-\(role.rawValue)"
        return (
          role,
          Rings(
            ends: RecordRing(state, name: name, slots: Self.slots, slotSize: 256),
            words: RecordRing(state, name: "\(name).stderr", slots: Self.slots, slotSize: Self.wordsSlotSize))
        )
      })
  }

  /// Adds an end; the error is returned for the log. Each role has one writer.
  @discardableResult
  public func append(_ death: DeathRecord) -> Errno? {
    guard let rings = rings[death.role] else { return nil }
    var fields = TextFields()
    fields.set("at_us", death.atMicroseconds)
    fields.set("monotonic_ns", death.monotonicNanoseconds)
    fields.set("boot_id", death.boot)
    fields.set("role", death.role.rawValue)
    fields.set("pid", death.pid)
    if let cause = death.cause { fields.set(cause: cause) }
    fields.set("uptime_s", death.uptimeSeconds)
    fields.set("reason", death.reason)
    fields.set("unwanted", death.isUnwanted ? "yes" : "no")
    // The words first: a crash in between leaves words that belong to nobody, and no death without its words.
    let error = Self.words(of: death).flatMap { rings.words.append($0) }
    return rings.ends.append(fields) ?? error
  }

  /// Every end that is kept of any role, oldest first, with what was said.
  public func all() throws(Errno) -> [DeathRecord] {
    var found: [DeathRecord] = []
    for role in DeathRecord.Role.allCases {
      guard let words = rings[role]?.words else { continue }
      var said: [Key: TextFields] = [:]
      for fields in try words.records() {
        if let key = Key(fields) { said[key] = fields }
      }
      for var death in try ends(of: role) {
        let fields = said[Key(death)]
        death.lastWords = fields?["text"]
        death.during = fields?["during"]
        found.append(death)
      }
    }
    // Of one moment the order of its role's ring stays.
    let ordered = found.enumerated().sorted {
      ($0.element.atMicroseconds, $0.offset) < ($1.element.atMicroseconds, $1.offset)
    }
    return ordered.map(\.element)
  }

  /// The ends that are kept of one role, oldest first, without what was said.
  public func ends(of role: DeathRecord.Role) throws(Errno) -> [DeathRecord] {
    try rings[role]?.ends.records().compactMap { DeathRecord($0, role: role) } ?? []
  }

  /// How many ends of a role are meant, and the last of them; whatever is kept, one at a time is in memory.
  public func count(
    of role: DeathRecord.Role, where isMeant: (DeathRecord) -> Bool
  ) throws(Errno) -> (count: Int, last: DeathRecord?) {
    var (count, last, highest) = (0, nil as DeathRecord?, 0 as UInt64)
    try rings[role]?.ends.forEach { sequence, fields in
      guard let death = DeathRecord(fields, role: role), isMeant(death) else { return }
      count += 1
      if sequence >= highest { (last, highest) = (death, sequence) }
    }
    return (count, last)
  }

  /// The words with whose they are, cut where their slot ends: what is encoded may take three times the room.
  private static func words(of death: DeathRecord) -> TextFields? {
    guard death.lastWords != nil || death.during != nil else { return nil }
    var text = death.lastWords
    while true {
      var fields = TextFields()
      fields.set("at_us", death.atMicroseconds)
      fields.set("boot_id", death.boot)
      fields.set("pid", death.pid)
      fields.set("during", optional: death.during.map { String($0.prefix(200)) })
      fields.set("text", optional: text)
      // The ring adds its number, at most 25 bytes.
      guard fields.encoded().count > wordsSlotSize - SealedText.sealLength - 32, let long = text, !long.isEmpty else {
        return fields
      }
      text = String(long.dropLast(max(long.count / 8, 1)))
    }
  }

  /// What tells two ends of a role apart.
  private struct Key: Hashable {
    let at: Int64
    let boot: String
    let pid: Int32

    init(_ death: DeathRecord) {
      at = death.atMicroseconds
      boot = death.boot
      pid = death.pid
    }

    init?(_ fields: TextFields) {
      guard let at = fields.number("at_us", as: Int64.self), let boot = fields["boot_id"],
        let pid = fields.number("pid", as: Int32.self)
      else { return nil }
      self.at = at
      self.boot = boot
      self.pid = pid
    }
  }
}

extension DeathRecord {
  fileprivate init?(_ fields: TextFields, role: Role) {
    guard let at = fields.number("at_us", as: Int64.self),
      let monotonic = fields.number("monotonic_ns", as: Int64.self), let boot = fields["boot_id"],
      let pid = fields.number("pid", as: Int32.self), let uptime = fields.number("uptime_s", as: Int64.self),
      let reason = fields["reason"]
    else { return nil }
    self.init(
      atMicroseconds: at, monotonicNanoseconds: monotonic, boot: boot, role: role, pid: pid, cause: fields.cause,
      uptimeSeconds: uptime, reason: reason, isUnwanted: fields["unwanted"] == "yes")
  }
}
