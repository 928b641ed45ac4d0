internal import CronEngine
internal import CronSystem

/// Changes of a configuration that no ticker could begin with.
///
/// A ticker reads the queue of changes itself. When one has ended for want of a usable configuration, the next one
/// isn't started before something has changed, and it reads everything anew: what the watcher takes from the queue
/// meanwhile is missed by nobody. It looks at names alone, never into a file; the timer finds what changes unseen.
extension Watcher {
  /// A file may be replaced in several steps: it is at rest when so long nothing happened to it.
  private static let restNanoseconds: Int64 = 200_000_000

  /// Listens to the queue of changes, or leaves it to a ticker.
  func listenToChanges(_ isWanted: Bool) {
    guard isWanted != hearsChanges, let raw = changes?.raw else { return }
    changeRestsNanoseconds = nil
    do throws(Errno) {
      if isWanted {
        try poller.add(raw, token: Token.changes.rawValue)
      } else {
        try poller.remove(raw)
      }
      hearsChanges = isWanted
    } catch {
      log.warning("changes of the configuration aren't noticed", LogField("error", error))
    }
  }

  /// Empties the queue; whether the configuration is concerned is known by its name, or when its directory changes.
  func hearChange(_ now: Int64) {
    do throws(Errno) {
      let events = try changes?.read() ?? []
      let isConcerned = events.contains { event in
        event.isOverflow || event.isEnded || event.name.isEmpty || event.name == arguments.configurationName
      }
      if isConcerned { changeRestsNanoseconds = now + Self.restNanoseconds }
    } catch {
      log.warning("changes of the configuration aren't noticed", LogField("error", error))
      listenToChanges(false)
    }
  }

  /// What has changed is to be read by a ticker.
  func changeIsAtRest(_ now: Int64) {
    changeRestsNanoseconds = nil
    log.info("the configuration has changed")
    supervise(.wake(now: now))
  }
}
