import CronConfig
import CronDaemon
import CronSystem

extension Verb {
  static let startOptions = [
    OptionSpecification("--foreground", "stay in the foreground: for containers and service managers"),
    OptionSpecification("--log-format", value: "text|json", "how the log is written (default: [log] format)"),
    OptionSpecification("--log-level", value: "LEVEL", "error, warning, info or debug (default: [log] level)"),
    OptionSpecification("--forget-crontabs", "use the configured crontabs again, not those of an earlier start"),
    OptionSpecification("--beside", "start in system mode although another crond is running"),
  ]

  static let start = Verb(
    name: "start", operands: "[CRONTAB…]", operandCount: 0...1_000,
    summary: "start cronwatch, and return once jobs will fire",
    details: """
      CRONTAB files are in user format. They replace the configured ones and are remembered: a later start without
      operands uses them again. Without --foreground it goes to the background, and its log is in the state directory.
      Exit status: 0 once it is ready, 69 when another one serves the state directory, 73 or 77 when that can't be used,
      78 for a bad configuration.
      """,
    options: startOptions,
    examples: [
      ("cronwatch start my.crontab", "run the jobs of a crontab"),
      ("cronwatch start --foreground my.crontab", "in a container, or to watch it work"),
    ],
    run: { (context, arguments) throws(CommandFailure) in try Starting.start(context, arguments) })
}

/// Brings a watcher up.
enum Starting {
  /// How long a start may take before it is said to hang; the watcher has its own limits below that.
  private static let patienceMilliseconds = 120_000
  /// How long a watcher that was killed may take to be gone.
  private static let dyingMilliseconds: Int64 = 10_000
  /// How long a lock may be held by somebody who isn't named, and how often that is looked at, in milliseconds.
  private static let (namelessMilliseconds, napMilliseconds): (Int64, Int) = (2_000, 10)

  static func start(_ context: CommandContext, _ arguments: Arguments) throws(CommandFailure) -> ExitStatus {
    // A stop that an engine sends now must not get lost: PID 1 has no default actions.
    if isInit { do { try SignalDescriptor.blockSignals() } catch {} }
    let path = try context.statePath()
    let state: StateDirectory
    do throws(StateError) {
      state = try StateDirectory.open(path, create: true)
    } catch {
      throw CommandFailure(ExitStatus(rawValue: error.exitStatus) ?? .cannotCreate, "\(error)", hint: error.hint)
    }
    try refuseSecond(state)
    let words = try words(context, arguments, state)
    if arguments.has("--foreground") || Environment.get("SYSTEMD_EXEC_PID") == String(CurrentProcess.identifier) {
      return try becomeWatcher(words)
    }
    try spawnWatcher(words, state)
    try printStatus(state, context)
    return .success
  }

  /// What `cronwatch status` says, once it is up.
  static func printStatus(_ state: StateDirectory, _ context: CommandContext) throws(CommandFailure) {
    let answer: StatusQuery.Answer
    do throws(Errno) {
      answer = try StatusQuery.ask(state, color: context.wantsColor)
    } catch {
      throw CommandFailure(.temporary, "started, but its status can't be read: \(error)")
    }
    context.print(answer.text.hasSuffix("\n") ? String(answer.text.dropLast()) : answer.text)
  }

  private static func refuseSecond(_ state: StateDirectory) throws(CommandFailure) {
    let lock: LockState
    do throws(Errno) {
      lock = try lockWithoutTheDying(state)
    } catch {
      throw CommandFailure(.temporary, "\(state.path)/watcher.lock can't be asked for: \(error)")
    }
    guard lock.isHeld else { return }
    let pid = lock.holder.map { "pid \($0.pid)" } ?? "another process"
    throw CommandFailure(
      .unavailable, "cronwatch is running already for \(state.path) (\(pid))", hint: "cronwatch status")
  }

  /// Who holds the watcher's lock; one that was killed a moment ago keeps it until the kernel has taken it apart, and
  /// so does, without a name, a child of it that hasn't closed its descriptors yet.
  private static func lockWithoutTheDying(_ state: StateDirectory) throws(Errno) -> LockState {
    let began = SystemClock.monotonic()
    while true {
      let lock = try RoleLock.query(.watcher, in: state)
      guard lock.isHeld else { return lock }
      let waited = (SystemClock.monotonic() - began) / 1_000_000
      if let holder = lock.holder {
        guard ProcessStatus.read(holder.pid)?.isEnding == true, waited < dyingMilliseconds else { return lock }
        if let process = try ProcessDescriptor(holder) {
          let poller = try Poller()
          try poller.add(process.raw, token: 0)
          _ = try poller.wait(timeoutMilliseconds: Int(dyingMilliseconds - waited))
        }
      } else if waited >= namelessMilliseconds {
        return lock
      }
      // An end may be known before the lock falls.
      _ = try Poller().wait(timeoutMilliseconds: napMilliseconds)
    }
  }

  // MARK: What it is told

  /// The words for the role: what the options, the configuration and an earlier start say.
  static func words(
    _ context: CommandContext, _ arguments: Arguments, _ state: StateDirectory
  ) throws(CommandFailure) -> [String] {
    let settings = try settings(context, state)
    let crontabs = try crontabs(context, arguments, state)
    if settings.systemCrontabs, !arguments.has("--beside"), let rival = OtherCron.running() {
      throw CommandFailure(
        .unavailable, "another cron (pid \(rival)) is running and would run the system's crontabs too",
        hint: "stop it, or start with --beside")
    }
    return try roleWords(context, arguments, settings, state: state.path, crontabs: crontabs)
  }

  /// The configuration's settings; a file with errors is no reason not to start where a good copy is left.
  private static func settings(
    _ context: CommandContext, _ state: StateDirectory
  ) throws(CommandFailure) -> DaemonSettings {
    let path = try context.configurationPath()
    if path.isEmpty { return DaemonSettings() }
    let bytes: [UInt8]
    do throws(FileFetchError) {
      bytes = try FileFetch.read(path, limit: CrontabParser.largestFile)
    } catch {
      if error == .file(.system(.noEntry)), context.arguments.value("--config") == nil { return DaemonSettings() }
      return try lastGood(
        state, because: "\(path): \(error)", context, orElse: error.isOfTheFile ? .configuration : .temporary)
    }
    let parsed = ConfParser.parse(bytes, file: path, checkZone: ZoneLookup.checker())
    if parsed.isAccepted { return parsed.settings }
    for diagnostic in parsed.diagnostics { context.printError(HumanText.escaped(diagnostic.text)) }
    return try lastGood(state, because: "\(path) has errors", context)
  }

  private static func lastGood(
    _ state: StateDirectory, because reason: String, _ context: CommandContext,
    orElse status: ExitStatus = .configuration
  ) throws(CommandFailure) -> DaemonSettings {
    guard let settings = LoadedTable.settings(state) else {
      let hint = "cronwatch check FILE says what is wrong"
      throw CommandFailure(
        status, "\(HumanText.escaped(reason)), and there is no last good copy",
        hint: status == .configuration ? hint : nil)
    }
    context.printError("cronwatch: \(HumanText.escaped(reason)); the last good copy is used")
    return settings
  }

  /// The crontabs named now, else those of the last start; remembered for the next one.
  private static func crontabs(
    _ context: CommandContext, _ arguments: Arguments, _ state: StateDirectory
  ) throws(CommandFailure) -> [String] {
    if arguments.has("--forget-crontabs") { RememberedCrontabs.write([], state) }
    if arguments.operands.isEmpty { return RememberedCrontabs.read(state) }
    var paths: [String] = []
    let deadline = FileFetch.deadline()
    for operand in arguments.operands {
      let path = try context.absolute(operand)
      do throws(FileFetchError) {
        _ = try FileFetch.read(path, limit: CrontabParser.largestFile, deadline: deadline)
      } catch {
        let reason = "\(HumanText.escaped(operand)): \(error)"
        if error.isOfTheFile { throw CommandFailure(.configuration, reason) }
        guard LoadedTable.hasCopy(of: path, state) else {
          throw CommandFailure(.temporary, "\(reason); and there is no last good copy")
        }
        context.printError("cronwatch: \(reason); the last good copy is used")
      }
      paths.append(path)
    }
    RememberedCrontabs.write(paths, state)
    return paths
  }

  private static func roleWords(
    _ context: CommandContext, _ arguments: Arguments, _ settings: DaemonSettings, state: String, crontabs: [String]
  ) throws(CommandFailure) -> [String] {
    let isForeground = arguments.has("--foreground")
    let isService = Environment.get("SYSTEMD_EXEC_PID") == String(CurrentProcess.identifier)
    var role = RoleArguments()
    role.add("state", state)
    role.add("config", try context.configurationPath())
    for crontab in crontabs { role.add("crontab", crontab) }
    role.add("foreground", flag: isForeground || isService)
    let level = arguments.value("--log-level") ?? settings.logLevel
    guard LogLevel(rawValue: level) != nil else {
      throw CommandFailure(.usage, "--log-level: '\(HumanText.escaped(level))' is none of error, warning, info, debug")
    }
    role.add("log-level", level)
    let format = arguments.value("--log-format") ?? settings.logFormat
    guard LogFormat(rawValue: format) != nil else {
      throw CommandFailure(.usage, "--log-format: '\(HumanText.escaped(format))' is neither text nor json")
    }
    role.add("log-format", format)
    role.add("log-max-size", settings.logMaxSize)
    role.add("interval-ms", settings.tickerIntervalMilliseconds)
    role.add("read-timeout-ms", settings.crontabReadTimeoutMilliseconds)
    role.add("restart-delay-max-ms", settings.restartDelayMaxMilliseconds)
    role.add("safe-mode-after", settings.safeModeAfter)
    role.add("stop-timeout-ms", settings.stopTimeoutMilliseconds)
    role.add("drain-ms", settings.drainMilliseconds)
    if !settings.metricsFile.isEmpty { role.add("metrics-file", settings.metricsFile) }
    if let group = statusGroup(context, settings) { role.add("status-gid", group) }
    role.add("journald", flag: Logger.isJournal(environment: { Environment.get($0) }))
    role.add("systemd", flag: isService || Environment.get("NOTIFY_SOCKET") != nil || isInit)
    do throws(Errno) {
      role.add("nofile", try ResourceLimits.openFiles().soft)
    } catch {
      role.add("nofile", 1024)
    }
    return role.words
  }

  /// The gid of `[watcher] status-group`; a name that isn't there is no reason not to start.
  private static func statusGroup(_ context: CommandContext, _ settings: DaemonSettings) -> UInt32? {
    let name = settings.statusGroup
    if name.isEmpty { return nil }
    do throws(Errno) {
      if let group = try AccountGroup.identifier(named: name) { return group }
      context.printError("cronwatch: [watcher] status-group: there is no group '\(HumanText.escaped(name))'")
    } catch {
      context.printError("cronwatch: [watcher] status-group '\(HumanText.escaped(name))' can't be looked up: \(error)")
    }
    return nil
  }

  // MARK: The process

  private static var isInit: Bool { CurrentProcess.identifier == 1 }

  /// In the foreground this process becomes the watcher; as PID 1, a stub that keeps one.
  private static func becomeWatcher(_ words: [String]) throws(CommandFailure) -> ExitStatus {
    let role = isInit ? "init" : "watcher"
    do throws(Errno) {
      try CurrentProcess.exec(
        "/proc/self/exe", arguments: ["cronwatch", "role", role] + words, environment: Environment.entries(),
        keepsSignalMask: isInit)
    } catch {
      throw CommandFailure(.internalError, "the watcher can't be executed: \(error)")
    }
  }

  /// Spawns the watcher detached and waits for its READY.
  private static func spawnWatcher(_ words: [String], _ state: StateDirectory) throws(CommandFailure) {
    let log = "\(state.path)/log/cronwatch.log"
    let (pid, answer): (Int32, String)
    do throws(Errno) {
      let file = try LogFile.openForStart(in: state)
      var pipe = try Pipe()
      pid = try Spawn.start(
        "/proc/self/exe", arguments: ["cronwatch", "role", "watcher", "--ready-fd", "3"] + words,
        environment: Environment.entries(),
        descriptors: [
          .init(child: 1, raw: file.raw), .init(child: 2, raw: file.raw), .init(child: 3, raw: pipe.writeRaw),
        ])
      try pipe.takeWriteEnd().close()
      answer = try wait(pipe.takeReadEnd())
    } catch {
      throw CommandFailure(.temporary, "the watcher can't be started: \(error)", hint: "the log: \(log)")
    }
    if answer.hasPrefix("READY") { return }
    let words = answer.split(separator: " ", maxSplits: 2)
    if words.count == 3, words[0] == "FAILED", let status = Int32(words[1]).flatMap({ ExitStatus(rawValue: $0) }) {
      throw CommandFailure(status, String(words[2].prefix { $0 != "\n" }), hint: "the log: \(log)")
    }
    let problem = answer.isEmpty ? "ended before it was ready" : "isn't ready yet; it goes on trying"
    throw CommandFailure(.temporary, "the watcher (pid \(pid)) \(problem)", hint: "the log: \(log)")
  }

  /// What the watcher says: a line, nothing when it has ended, `…` when it hasn't spoken in time.
  private static func wait(_ pipe: consuming FileDescriptor) throws(Errno) -> String {
    let poller = try Poller()
    try poller.add(pipe.raw, token: 0)
    if try poller.wait(timeoutMilliseconds: patienceMilliseconds).isEmpty { return "…" }
    return String(decoding: try pipe.read(upTo: 4096), as: UTF8.self)
  }
}
