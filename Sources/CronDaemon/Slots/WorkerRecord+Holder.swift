import CronSystem

/// Whose run a slot holds, as far as what stands there can be read.
extension WorkerRecord {
  /// What the record says of some claims.
  enum Holder: Hashable {
    /// It holds this one of them.
    case claim(SlotClaim)
    /// It holds none of them.
    case nobody
    /// The order is damaged, and nobody has begun it: only who has the lock may know whose it is.
    case unknown
    /// The order is damaged, and so is what was written of the run that began here.
    case begun
  }

  /// Which of the claims stands here.
  ///
  /// A damaged order counts as written. Whose it is then stands in `exec` and `exit`, which carry run and sequence as
  /// well; and as no damage makes both of one claim into both of another, they tell it even out of a damaged text.
  func holder(among claims: Set<SlotClaim>) -> Holder {
    switch readOrder() {
    case .order(let order): return claims.contains(order.claim) ? .claim(order.claim) : .nobody
    case .void: return .nobody
    case .none, .damaged: break
    }
    let (exec, exit) = (readTrace(.exec), readTrace(.exit))
    for text in [exec, exit, read(512, at: Self.orderOffset)] {
      if let claim = text.flatMap({ SlotText.legibleClaim(in: $0) }), claims.contains(claim) { return .claim(claim) }
    }
    // Whole, and none of those that were asked for: the order, whose run this is, was another's too.
    if readExecField() != nil || exit.flatMap({ SlotText.fields("EXIT", in: $0) }) != nil { return .nobody }
    let isUntouched = [exec, exit].allSatisfy { $0?.allSatisfy { $0 == 0 } ?? false }
    return isUntouched ? .unknown : .begun
  }

  /// Whether a job began here and its `exec` can't be read.
  var hasDamagedExec: Bool {
    guard let exec = readTrace(.exec) else { return true }
    return exec.contains { $0 != 0 } && readExecField() == nil
  }

  /// What is left of a damaged order whose job is known to execute: its claim, and the name of its job.
  ///
  /// The instant that it was for is not taken from a damaged text: a wrong one would consume an occurrence.
  func readRemains() -> SlotOrder? {
    guard case .damaged = readOrder(), let exec = readExecField(), let text = read(512, at: Self.orderOffset),
      let job = SlotText.legibleFields(in: text)["job"], !job.isEmpty
    else { return nil }
    return SlotOrder(claim: SlotClaim(run: exec.run, sequence: exec.sequence), job: job, command: .words([]))
  }
}
