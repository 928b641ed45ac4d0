/// The data that a zone's jobs go by, and which data of the system its present comes from.
package struct ZoneData: Hashable, Sendable {
  /// What the clocks of its jobs show.
  package var zone: Zone
  /// The hash of the system's data; another than the zone's own when older clocks are joined to it.
  package var source: UInt64

  /// Data that jobs go by, or went by.
  package init(zone: Zone, source: UInt64) {
    self.zone = zone
    self.source = source
  }

  /// What a zone's jobs go by once the system has `present`, and its TZif data; nil where that is the system's own or
  /// what was known.
  ///
  /// Until the second behind what is decided the clocks stay as they were, so that the rules of gaps and folds say what
  /// is owed. What was joined under a clock of a wrong future is joined again: its change would come then only.
  package static func succeeding(
    _ known: ZoneData?, present: Zone, decidedThrough: @autoclosure () -> Instant
  ) -> (data: ZoneData, joined: [UInt8]?) {
    let own = ZoneData(zone: present, source: present.dataHash)
    // What is decided concerns the few that changed; each job is asked for it.
    guard let known, known.zone != present else { return (own, nil) }
    let change = Instant(seconds: decidedThrough().seconds + 1)
    if known.source == own.source, known.zone.agrees(with: present, from: change) { return (known, nil) }
    // Where no file holds both, the present alone has to do.
    guard let bytes = Zone.joined(known.zone, until: change, then: present),
      let zone = try? Zone(name: present.name, tzif: bytes)
    else { return (own, nil) }
    return (ZoneData(zone: zone, source: own.source), bytes)
  }
}
