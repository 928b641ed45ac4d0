public import CronSystem

/// The files `deaths` and `deaths.stderr`: the last 100 ends of our tickers, and what they said last.
///
/// Two files, so that versions that know nothing of last words read and write the first as ever.
public final class Deaths {
  /// The ends that are kept.
  public static let slots = 100
  private static let wordsSlotSize = 2048

  private let ring: RecordRing
  private let words: RecordRing

  /// The files of a state directory; nothing is opened before it is used.
  public init(_ state: StateDirectory) {
    ring = RecordRing(state, name: "deaths", slots: Self.slots, slotSize: 256)
    words = RecordRing(state, name: "deaths.stderr", slots: Self.slots, slotSize: Self.wordsSlotSize)
  }

  /// Adds an end; the error is returned for the log.
  @discardableResult
  public func append(_ death: DeathRecord) -> Errno? {
    var fields = TextFields()
    fields.set("at_us", death.atMicroseconds)
    fields.set("monotonic_ns", death.monotonicNanoseconds)
    fields.set("boot_id", death.boot)
    fields.set("role", death.role)
    fields.set("pid", death.pid)
    fields.set(cause: death.cause)
    fields.set("uptime_s", death.uptimeSeconds)
    fields.set("reason", death.reason)
    fields.set("unwanted", death.isUnwanted ? "yes" : "no")
    // The words first: a crash in between leaves words that belong to nobody, and no death without its words.
    let error = death.lastWords.flatMap { words.append(Self.fields(of: death, words: $0)) }
    return ring.append(fields) ?? error
  }

  /// Every end that is kept, oldest first.
  public func all() throws(Errno) -> [DeathRecord] {
    var said: [Key: String] = [:]
    for fields in try words.records() {
      guard let key = Key(fields), let text = fields["text"] else { continue }
      said[key] = text
    }
    return try ring.records().compactMap { fields in
      guard var death = DeathRecord(fields), let key = Key(fields) else { return nil }
      death.lastWords = said[key]
      return death
    }
  }

  /// The words with whose they are, cut where their slot ends: what is encoded may take three times the room.
  private static func fields(of death: DeathRecord, words text: String) -> TextFields {
    var text = text
    while true {
      var fields = TextFields()
      fields.set("at_us", death.atMicroseconds)
      fields.set("boot_id", death.boot)
      fields.set("pid", death.pid)
      fields.set("text", text)
      // The ring adds its number, at most 25 bytes.
      if fields.encoded().count <= wordsSlotSize - SealedText.sealLength - 32 || text.isEmpty { return fields }
      text = String(text.dropLast(max(text.count / 8, 1)))
    }
  }

  /// What tells two ends apart.
  private struct Key: Hashable {
    let at: Int64
    let boot: String
    let pid: Int32

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
  fileprivate init?(_ fields: TextFields) {
    guard let at = fields.number("at_us", as: Int64.self),
      let monotonic = fields.number("monotonic_ns", as: Int64.self), let boot = fields["boot_id"],
      let role = fields["role"], let pid = fields.number("pid", as: Int32.self), let cause = fields.cause,
      let uptime = fields.number("uptime_s", as: Int64.self), let reason = fields["reason"]
    else { return nil }
    self.init(
      atMicroseconds: at, monotonicNanoseconds: monotonic, boot: boot, role: role, pid: pid, cause: cause,
      uptimeSeconds: uptime, reason: reason, isUnwanted: fields["unwanted"] == "yes")
  }
}
