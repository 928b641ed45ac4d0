internal import CronSystem
internal import CronWire

/// The socket of `[watcher] status-group`: its members pass through the state directory to it, and may ask for status.
extension Watcher {
  /// Opens the socket, or makes sure that nobody can come where no group is named.
  func openToGuests() {
    do throws(Errno) {
      guard let group = arguments.statusGroup else {
        // An earlier start may have named one.
        try state.closePassage()
        return
      }
      guests = try ControlServer(state, .status(group: group), poller: poller, tokenBase: Self.guestTokens)
      try state.openPassage(group: group)
    } catch {
      guests?.close(poller: poller)
      guests = nil
      log.error("the socket of the status group can't be opened", LogField("error", error))
    }
  }

  /// Opens it again when somebody has removed or replaced it, or when it couldn't be opened.
  func keepGuests() {
    guard arguments.statusGroup != nil, guests?.isCurrent != true else { return }
    guests?.close(poller: poller)
    guests = nil
    openToGuests()
  }

  /// Status, and nothing else, whatever is asked for.
  func serveGuest(_ request: ControlRequest, _ now: Int64) {
    let reply =
      request.verb == "status"
      ? status(color: request.message["color"]?.boolValue ?? false, now)
      : ControlReply.failure(exit: 77, "only status may be asked for here")
    guests?.reply(to: request.client, reply, poller: poller, nowNanoseconds: now)
  }
}

extension StateDirectory {
  private static let passage: UInt32 = 0o010

  /// Whether the path is a state directory through which a group was let pass, as far as its mode tells.
  public static func isPassage(_ path: String) -> Bool {
    do throws(Errno) {
      return try FileStatus.of(path: path).permissions == 0o700 | passage
    } catch {
      return false
    }
  }

  /// Lets a group pass through the directory; its files stay ours alone, for none has a bit for the group.
  func openPassage(group: UInt32) throws(Errno) {
    try root.descriptor.setOwner(userIdentifier: .max, groupIdentifier: group)
    try root.descriptor.setPermissions(0o700 | Self.passage)
  }

  /// Lets nobody pass any more; a mode that isn't ours stays as it is.
  func closePassage() throws(Errno) {
    if try root.descriptor.status().permissions == 0o700 | Self.passage { try root.descriptor.setPermissions(0o700) }
    do { try root.unlink(ControlLimits.statusSocketName) } catch .noEntry {}
  }
}
