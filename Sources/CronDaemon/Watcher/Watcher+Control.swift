internal import CronEngine
internal import CronSystem
internal import CronWire

/// Requests of the control socket, and the channel to the ticker.
extension Watcher {
  /// Opens the control socket; without one everything but the answers goes on, and the next beat tries again.
  func openControl() {
    do {
      control = try ControlServer(state, poller: poller, tokenBase: Self.controlTokens)
    } catch {
      control = nil
      log.error("the control socket can't be opened", LogField("error", error))
    }
  }

  func answer(_ client: UInt64, _ reply: JSONValue, _ now: Int64) {
    control?.reply(to: client, reply, poller: poller, nowNanoseconds: now)
  }

  /// Serves what the watcher itself answers; the rest is the ticker's.
  func serve(_ request: ControlRequest, _ now: Int64) {
    switch request.verb {
    case "ping":
      answer(
        request.client,
        ControlReply.success([
          ("pid", JSONValue(CurrentProcess.identifier)), ("execution", JSONValue(arguments.execution)),
          ("ready", .bool(ticker?.readyNanoseconds != nil)),
        ]), now)
    case "status":
      answer(request.client, status(color: request.message["color"]?.boolValue ?? false, now), now)
    case "stop":
      answer(request.client, ControlReply.success([("pid", JSONValue(CurrentProcess.identifier))]), now)
      let order = StopOrder(request.message)
      log.info("asked to stop", LogField("jobs", order.jobs.rawValue))
      stop(order, now)
    case "restart":
      // Whoever waits for the ticker has the one place.
      if relays.isFull { return answer(request.client, ControlServer.busy, now) }
      beginRestart(request, now)
    case "reload":
      NoticeFile(state).clear()
      relay(request, now)
    case "":
      answer(request.client, ControlReply.failure(exit: 64, "the request has no verb"), now)
    default: relay(request, now)
    }
  }

  private func relay(_ request: ControlRequest, _ now: Int64) {
    if isStopping {
      answer(request.client, ControlReply.failure(exit: 75, "stopping"), now)
      return
    }
    if relays.isFull || restartInPlace != nil { return answer(request.client, ControlServer.busy, now) }
    let deadline = now + RelayBook.patienceNanoseconds
    guard let ticker, ticker.readyNanoseconds != nil, !ticker.isAsleep else {
      relays.hold(request.client, request.message, deadline: deadline)
      // A ticker that sleeps by design or waits for a change is needed again; in any other state this means nothing.
      supervise(.wake(now: now))
      return
    }
    send(request.client, request.message, deadline: deadline, now)
  }

  private func send(_ client: UInt64, _ message: JSONValue, deadline: Int64, _ now: Int64) {
    guard let ticker, ticker.send(.request(client: client, message)) else {
      answer(client, ControlReply.failure(exit: 75, "the ticker can't take requests now, try again"), now)
      return
    }
    relays.noteSent(client, deadline: deadline)
  }

  /// Serves a request of the control socket or of the group's, whose door has been opened for it.
  func takeIn(_ event: Ready, _ now: Int64) {
    let isGuest = event.token >= Self.guestTokens
    guard let server = isGuest ? guests : control, server.owns(token: event.token) else { return }
    if server.isDoor(token: event.token), let other = isGuest ? control : guests {
      // Both sockets together have one client that may say nothing, and one that is answered.
      let requests = other.makeRoom(poller: poller, nowNanoseconds: now)
      for request in requests { isGuest ? serve(request, now) : serveGuest(request, now) }
      // Whoever waits at this door has the next turn.
      if !requests.isEmpty { return }
    }
    for request in server.handle(event, poller: poller, nowNanoseconds: now) {
      isGuest ? serveGuest(request, now) : serve(request, now)
    }
  }

  /// Tells the clients of a ticker that died: whether their request was done can't be known.
  func failRelays(_ now: Int64) {
    for client in relays.takeAllSent() {
      answer(client, ControlReply.failure(exit: 75, "the ticker ended before it answered"), now)
    }
  }

  /// The answer to `status`, from files and lock queries alone.
  func status(color: Bool, _ now: Int64) -> JSONValue {
    do {
      return StatusQuery.reply(try report(now), color: color)
    } catch {
      let failure = StateError(path: state.path, errno: error)
      return ControlReply.failure(exit: failure.exitStatus, failure.description)
    }
  }

  func report(_ now: Int64) throws(Errno) -> StatusReport {
    let ready = ticker?.readyNanoseconds.map { Double(now - $0) / 1e9 }
    return StatusEvaluator.evaluate(
      try StatusCollector(state).collect(readyForSeconds: ready, answeredByWatcher: true))
  }

  // MARK: the channel

  func readChannel(_ now: Int64) {
    guard let ticker else { return }
    let (messages, ended) = ticker.receive()
    for message in messages { take(message, from: ticker, now) }
    // A ticker may close its end and live on; its exit tells the rest.
    if ended { do { try poller.remove(ticker.channelRaw) } catch {} }
  }

  private func take(_ message: TickerMessage, from ticker: TickerProcess, _ now: Int64) {
    switch message {
    case .ready: tickerIsReady(ticker, now)
    case .reloading:
      isReloading = true
      manager.send(.reloading(monotonicMicroseconds: now / 1000))
    case .reloaded:
      isReloading = false
      manager.send(.ready)
      log.info("the ticker reloaded")
    case .stopping: log.info("the ticker drains", LogField("pid", ticker.pid))
    case .asleep: ticker.isAsleep = true
    case .lifted(let input):
      log.info("an input is no longer quarantined", LogField("input", input))
      if let breadcrumb = Breadcrumb(input) { suspects.lift(breadcrumb) }
    case .answer(let client, let value):
      if relays.takeSent(client) { answer(client, value, now) }
    }
  }

  private func tickerIsReady(_ ticker: TickerProcess, _ now: Int64) {
    guard ticker.readyNanoseconds == nil else { return }
    ticker.readyNanoseconds = now
    let took = (now - ticker.startedNanoseconds) / 1_000_000
    log.info("the ticker is ready", LogField("pid", ticker.pid), LogField("after_ms", took))
    supervise(.ready(now: now))
    if !wasReady || isReloading {
      // A ticker that died over a reload never said that it was done.
      isReloading = false
      manager.send(.ready)
    }
    if !wasReady {
      wasReady = true
      readyPipe.ready()
    }
    for held in relays.takeHeld() { send(held.client, held.message, deadline: held.deadline, now) }
  }
}
