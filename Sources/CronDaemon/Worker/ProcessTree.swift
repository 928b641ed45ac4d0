import CronSystem

/// What a run left running below its worker.
enum ProcessTree {
  /// Kills every process that is, or becomes, a child of ours but that one; bounded in rounds, each reaps what it killed.
  ///
  /// We are the sub-reaper: whatever escaped into a session of its own becomes our child when its parent dies, so that
  /// killing the children again and again reaches all of it.
  static func killDescendants(except spared: Int32) {
    for _ in 0..<200 {
      let children = ProcessStatus.children(of: CurrentProcess.identifier).filter { $0 != spared }
      if children.isEmpty { return }
      for child in children {
        do {
          let process = try ProcessDescriptor(child: child)
          try process.signal(Signal.kill)
          // Not a blocking wait: a process in an uninterruptible disk wait must not take us along.
          let poller = try Poller()
          try poller.add(process.raw, token: 0)
          if try poller.wait(timeoutMilliseconds: 1_000).isEmpty { return }
          try Reaper.reap(child)
        } catch {
          // It ended in between, or isn't ours any more.
        }
      }
    }
  }
}
