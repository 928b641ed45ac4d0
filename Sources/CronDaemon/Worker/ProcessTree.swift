internal import CronSystem

/// What a run left running below its worker.
enum ProcessTree {
  /// More rounds than any honest tree is deep or wide; a fork bomb is killed as far as this goes.
  private static let mostKills = 10_000

  /// How many processes live that were orphaned below us, except that one.
  static func orphans(except spared: Int32) -> Int {
    ProcessStatus.children(of: CurrentProcess.identifier)
      .filter { $0 != spared && ProcessStatus.read($0)?.state != "Z" }.count
  }

  /// Kills every process that is, or becomes, a child of ours but that one; bounded, and reaps them.
  ///
  /// We are the sub-reaper: whatever escaped into a session of its own becomes our child when its parent dies, so that
  /// killing the children again and again reaches all of it.
  static func killDescendants(except spared: Int32) {
    var killed = 0
    while killed < mostKills {
      let children = ProcessStatus.children(of: CurrentProcess.identifier).filter { $0 != spared }
      if children.isEmpty { return }
      // All of them first: what one of them forks meanwhile is ours in the next round.
      for child in children { signalKill(child) }
      for child in children where !reap(child) { return }
      killed += children.count
    }
  }

  private static func signalKill(_ child: Int32) {
    do { try ProcessDescriptor(child: child).signal(Signal.kill) } catch {}
  }

  /// False = it doesn't end: a process in an uninterruptible wait must not take us along.
  private static func reap(_ child: Int32) -> Bool {
    do {
      let process = try ProcessDescriptor(child: child)
      let poller = try Poller()
      try poller.add(process.raw, token: 0)
      if try poller.wait(timeoutMilliseconds: 1_000).isEmpty { return false }
      try Reaper.reap(child)
      return true
    } catch {
      return true  // it isn't ours any more
    }
  }
}
