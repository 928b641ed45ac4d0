internal import CronSystem

/// What became of the processes before this watcher, as their last beats tell: nobody else could write it down.
extension Watcher {
  /// Writes down a watcher that did not end by design, and a ticker that died while nobody watched it.
  func notePredecessors() {
    if let beat = watcherBeat.read().beat, beat.phase != .stopping { note(.watcher, beat) }
    if let beat = tickerBeat.read().beat, beat.phase != .draining, beat.phase != .asleep { note(.ticker, beat) }
  }

  /// One that lives on, or was of another boot, is no death of ours; one may be known already.
  private func note(_ role: DeathRecord.Role, _ beat: Beat) {
    guard beat.boot == BootIdentifier.current, beat.identity != .currentProcess, !beat.identity.isAlive else { return }
    do {
      let isKnown = try deaths.ends(of: role).contains {
        $0.pid == beat.pid && $0.boot == beat.boot && $0.monotonicNanoseconds >= beat.monotonicNanoseconds
      }
      if isKnown { return }
    } catch {
      return  // it can't be written either
    }
    // Field 22 of /proc/PID/stat counts hundredths of a second.
    let lived = beat.monotonicNanoseconds / 1_000_000_000 - Int64(clamping: beat.startTime / 100)
    let death = DeathRecord(
      atMicroseconds: beat.wallSeconds &* 1_000_000, monotonicNanoseconds: beat.monotonicNanoseconds,
      boot: beat.boot, role: role, pid: beat.pid, cause: nil, uptimeSeconds: max(lived, 0), reason: "found-dead",
      isUnwanted: true)
    if let error = deaths.append(death) { log.error("a death can't be kept", LogField("error", error)) }
    log.error("the \(role.rawValue) before this one died unseen", LogField("pid", beat.pid))
  }

  /// The last beat: whoever comes next sees that this was no death. The file may be another watcher's by now.
  func sayFarewell() {
    do throws(Errno) { guard state.isCurrent, try lock.isCurrent() else { return } } catch { return }
    phase = .stopping
    watcherBeat.write(.now(tick: restarts, phase: phase, intervalSeconds: 0, nextDue: nil))
  }
}
