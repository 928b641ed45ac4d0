import CronConfig
import CronEngine
import CronLedger
import CronSystem
import CronTime
import CronWire

/// What the watcher, and through it the commands, ask of the ticker.
extension Ticker {
  /// Tells the watcher; without one there is nobody to tell.
  func tell(_ message: TickerMessage) {
    if isAlone { return }
    do throws(Errno) { _ = try channel.send(message.encoded) } catch {}
  }

  func readChannel() throws(Errno) {
    while true {
      switch try channel.receive(upTo: Channel.datagramBytes) {
      case .wouldBlock: return
      case .endOfStream:
        watcherIsGone()
        return
      case .bytes(let bytes, _):
        switch WatcherMessage(decoding: bytes) {
        case .stop(let order): drain(order)
        case .leave: mustEnd = true
        case .reload: reloadIsAsked()
        case .dump: dump()
        case .reopenLog: log.reopenFile()
        case .request(let client, let message): request(client, message)
        case nil: log.warning("the watcher said something unknown")
        }
      }
    }
  }

  /// Without a watcher: under an init another one comes, so end; else fire on, and serve the control socket ourselves.
  func watcherIsGone() {
    guard !isAlone else { return }
    isAlone = true
    witness.watcherIsGone()
    do throws(Errno) {
      try loop.poller.remove(channel.raw)
    } catch {
      invariantFailure("the poller lost the watcher's channel: \(error)")
    }
    if arguments.hasInit {
      log.error("the watcher is gone; ending, for the service manager starts everything anew")
      witness.waitForCause()
      mustEnd = true
      return
    }
    log.error("the watcher is gone; firing on without it")
    problems["watcher"] = "unsupervised: the watcher is gone, nothing restarts the ticker; run 'cronwatch start'"
    do throws(Errno) {
      // Another watcher may have come before we noticed: then the socket is its own, and it asks us to end.
      if try RoleLock.query(.watcher, in: state).isHeld { return }
      control = try ControlServer(state, poller: loop.poller, tokenBase: 1 << 40)
    } catch {
      log.warning("the control socket can't be served", LogField("cause", error))
    }
  }

  func serve(_ control: ControlServer, _ ready: Ready) {
    let now = loop.monotonic()
    for request in control.handle(ready, poller: loop.poller, nowNanoseconds: now) {
      self.request(request.client, request.message)
    }
    control.expire(poller: loop.poller, nowNanoseconds: now)
  }

  /// Serves one request; the answer may come later.
  private func request(_ client: UInt64, _ message: JSONValue) {
    switch message["verb"]?.stringValue {
    case "ping": answer(client, ControlReply.success([("pid", JSONValue(CurrentProcess.identifier))]))
    case "reload":
      reloadIsAsked()
      answer(client, ControlReply.success([("jobs", JSONValue(table.jobs.count))]))
    case "stop":
      answer(client, ControlReply.success())
      drain(StopOrder(message))
    case "run":
      guard let job = message["job"]?.stringValue else {
        answer(client, ControlReply.failure(exit: 64, "run: which job?"))
        return
      }
      deliver(.manualRun(job: job, request: number(of: client), moment()))
    case "stop-run":
      guard let run = message["run"]?.stringValue.flatMap({ RunIdentifier($0) }) else {
        answer(client, ControlReply.failure(exit: 64, "stop-run: which run?"))
        return
      }
      deliver(.stopRun(run, request: number(of: client), moment()))
    default: answer(client, ControlReply.failure(exit: 64, "the ticker doesn't know this request"))
    }
  }

  private func number(of client: UInt64) -> UInt64 {
    let request = nextRequestNumber()
    clients[request] = client
    return request
  }

  /// A number for a question to the engine.
  func nextRequestNumber() -> UInt64 {
    defer { nextRequest += 1 }
    return nextRequest
  }

  private func answer(_ client: UInt64, _ value: JSONValue) {
    // Who has an answer finds it in status too.
    pace.hurry()
    if let control {
      control.reply(to: client, value, poller: loop.poller, nowNanoseconds: loop.monotonic())
    } else {
      tell(.answer(client: client, value))
    }
  }

  /// The engine's answer to a request, in the words of the control socket.
  func reply(_ request: UInt64, _ engineAnswer: EngineAnswer) {
    if pendingFires.contains(request) { fireAnswers[request] = engineAnswer }
    guard let client = clients.removeValue(forKey: request) else { return }
    answer(client, engineAnswer.reply)
  }

  /// Fires one occurrence for an external trigger, and waits for its claim to be durable: whoever comes first has it.
  func fireNow(_ key: OccurrenceKey) -> FireAnswer {
    let request = nextRequestNumber()
    pendingFires.insert(request)
    deliver(.fire(job: key.job, at: key.instant, request: request, moment()))
    while fireAnswers[request] == nil, !mustEnd { wait() }
    pendingFires.remove(request)
    return fireAnswers.removeValue(forKey: request).map(FireAnswer.init) ?? .refused
  }
}

extension EngineAnswer {
  /// What a command is told.
  fileprivate var reply: JSONValue {
    switch self {
    case .accepted(let run): ControlReply.success([("run", .string(run.text))])
    case .done: ControlReply.success()
    case .unknownJob: ControlReply.failure(exit: 1, "no such job")
    case .unknownRun: ControlReply.failure(exit: 1, "no such live run")
    case .alreadyRunning(let run):
      ControlReply.failure(exit: 1, "it is running already (\(run.text)), and its overlap policy allows one run")
    case .alreadyClaimed: ControlReply.failure(exit: 1, "already claimed")
    case .notScheduled: ControlReply.failure(exit: 65, "the schedule doesn't name this instant")
    case .future: ControlReply.failure(exit: 65, "this instant hasn't come")
    case .queued: ControlReply.success([("queued", .bool(true))])
    case .queueFull: ControlReply.failure(exit: 75, "too much waits already")
    case .draining: ControlReply.failure(exit: 75, "cronwatch is stopping")
    case .notStarted(let reason): ControlReply.failure(exit: 75, "not started: \(reason)")
    }
  }
}
