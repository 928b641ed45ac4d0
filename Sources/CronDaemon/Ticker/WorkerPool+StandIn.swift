/// Workers whose slots are in memory, for the disk refused them.
extension WorkerPool {
  /// Lets them go when they have nothing to do: those that follow have their slots on the disk, if it takes them.
  ///
  /// In memory there is room for little output only.
  func leaveMemory() {
    var mustWarm = false
    for slot in slots.values where slot.number >= StandIn.firstSlot && !slot.isRetired {
      switch slot.state {
      case .idle where slot.owes == nil:
        retire(slot)
        mustWarm = true
      case .idle, .running, .settling: slot.isRetired = true
      case .free, .starting, .adopted, .orphaned, .unread, .illegible, .jobAlone: break
      }
    }
    if mustWarm { warm() }
  }
}
