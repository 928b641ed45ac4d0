internal import CronSystem

/// What became of the processes before this watcher, as their last beats tell: nobody else could write it down.
extension Watcher {
  /// Writes down a watcher that did not end by design, and a ticker that died while nobody watched it.
  func notePredecessors() {
    let found: [DeathRecord]
    // What can't be read can't be written either.
    do { found = try UnseenDeaths.find(state, seen: arguments.seenEnd) } catch { return }
    for death in found {
      if let error = deaths.append(death) { log.error("a death can't be kept", LogField("error", error)) }
      log.error(
        "the \(death.role.rawValue) before this one died unseen", LogField("pid", death.pid),
        LogField("end", death.cause?.description ?? "unknown"))
    }
  }

  /// The last beat: whoever comes next sees that this was no death. The file may be another watcher's by now.
  func sayFarewell() {
    do throws(Errno) { guard state.isCurrent, try lock.isCurrent() else { return } } catch { return }
    phase = .stopping
    watcherBeat.write(.now(tick: restarts, phase: phase, intervalSeconds: 0, nextDue: nil))
  }
}
