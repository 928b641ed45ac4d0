internal import CronConfig
internal import CronSystem
internal import CronTimeSystem

/// Gathers what the doctor's checks are about; it reads, and changes nothing.
///
/// Any of it may hang on a dead mount: only the role `doctor` calls it, which its parent gives up.
struct DoctorProbe {
  /// The state directory's path, absolute.
  let statePath: String
  /// The configuration file's path, absolute; empty = none is named.
  let configurationPath: String

  // MARK: the machine

  func machine() -> DoctorMachine {
    var machine = DoctorMachine()
    do { machine.clock = try ClockDiscipline.read() } catch {}
    machine.zoneDirectory = SystemZones.directory
    machine.hasZoneData = !SystemZones.names().isEmpty
    if machine.hasZoneData, let named = Environment.get("TZ"), !named.isEmpty {
      let name = named.hasPrefix(":") ? String(named.dropFirst()) : named
      do { _ = try SystemZones.zone(named: name) } catch { machine.unknownZone = named }
    }
    return machine
  }

  // MARK: jobs and service

  func jobs() -> DoctorJobs {
    var jobs = DoctorJobs()
    jobs.configuration = configurationPath
    var settings = readConfiguration(&jobs)
    let state = openState()
    if let state, let table = loadedTable(state) {
      settings = table.settings
      jobs.jobs = table.jobs.count
      jobs.rejectedLines = table.rejectedLines
      jobs.sourceProblems = table.sources.compactMap(Self.problem).prefix(4).map(\.self)
      let mailing = table.jobs.filter { $0.environment.contains { $0.name == "MAILTO" && !$0.value.isEmpty } }
      jobs.mailJobs = mailing.count
      jobs.firstMailJob = mailing.first?.name
    }
    jobs.hasSendmail = MachineFacts.lookups().hasSendmail()
    jobs.otherCron = OtherCron.running()
    jobs.readsSystemCrontabs = settings.systemCrontabs
    jobs.workersMax = settings.workersMax
    readLimits(&jobs, state)
    readService(&jobs, state)
    return jobs
  }

  private func readConfiguration(_ jobs: inout DoctorJobs) -> DaemonSettings {
    guard !configurationPath.isEmpty else { return DaemonSettings() }
    do throws(ForeignFileError) {
      let bytes = try ForeignFile.read(configurationPath, limit: CrontabParser.largestFile).bytes
      let parsed = ConfParser.parse(bytes, file: configurationPath, checkZone: ZoneLookup.checker())
      if parsed.isAccepted { return parsed.settings }
      jobs.configurationProblem = parsed.diagnostics.first { $0.level == .error }?.text ?? configurationPath
    } catch {
      if error != .system(.noEntry) { jobs.configurationProblem = "\(configurationPath): \(error)" }
    }
    return DaemonSettings()
  }

  private func loadedTable(_ state: StateDirectory) -> JobTable? {
    do {
      return try JobTableCodec.decode(
        AtomicFile.read(in: state.existingDirectory(.lastGood), name: "table", limit: 1 << 30))
    } catch {
      return nil
    }
  }

  private static func problem(_ source: SourceState) -> String? {
    switch source.status {
    case .loaded, .absent: nil
    case .lastGood(reason: let reason): "\(source.path): \(reason); its last good copy is in use"
    case .refused(reason: let reason): "\(source.path): \(reason)"
    }
  }

  private func openState() -> StateDirectory? {
    do { return try StateDirectory.open(statePath, create: false) } catch { return nil }
  }

  private func holder(_ role: RoleLock.Role, _ state: StateDirectory?) -> Int32? {
    do { return try state.map { try RoleLock.query(role, in: $0) }?.holder?.pid } catch { return nil }
  }

  /// A running ticker's limit counts, else the one that a ticker started from here would get.
  private func readLimits(_ jobs: inout DoctorJobs, _ state: StateDirectory?) {
    if let pid = holder(.ticker, state), let text = Self.smallText("/proc/\(pid)/limits"),
      let hard = ProcessLimitsText.hardOpenFiles(text)
    {
      jobs.openFiles = hard
      jobs.openFilesOf = "the ticker"
      return
    }
    do { jobs.openFiles = try ResourceLimits.openFiles().hard } catch {}
  }

  private func readService(_ jobs: inout DoctorJobs, _ state: StateDirectory?) {
    let process = holder(.watcher, state).map(String.init) ?? "self"
    let group = Self.smallText("/proc/\(process)/cgroup").flatMap(ControlGroupText.unified)
    if let group, let mount = Self.smallText("/proc/self/mountinfo").flatMap(ControlGroupText.mountPoint) {
      let path = group == "/" ? mount : mount + group
      jobs.cgroup = path
      do { jobs.isCgroupWritable = try Directory.open(path).isWritable() } catch {}
    }
    // The group of a shell is the shell's: only a watcher's tells its unit.
    let running = process == "self" ? nil : group.flatMap(ControlGroupText.unit)
    jobs.unit = SystemdUnits.find(running.map { [$0, "cronwatch.service"] } ?? ["cronwatch.service"])
  }

  static func smallText(_ path: String) -> String? {
    do throws(Errno) {
      return String(decoding: try FileDescriptor.open(path, .read).readToEnd(limit: 1 << 20), as: UTF8.self)
    } catch {
      return nil
    }
  }
}

/// The text of /proc/PID/limits, proc_pid_limits(5).
enum ProcessLimitsText {
  /// The hard limit of open files; `UInt64.max` = none, nil = it isn't there.
  static func hardOpenFiles(_ text: String) -> UInt64? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Max open files") }) else { return nil }
    let words = line.split(separator: " ")
    guard words.count >= 5 else { return nil }
    return words[4] == "unlimited" ? .max : UInt64(words[4])
  }
}

/// Where systemd finds units, systemd.unit(5).
enum SystemdUnits {
  private static let system = [
    "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
    "/lib/systemd/system",
  ]

  private static func directories() -> [String] {
    guard CurrentProcess.effectiveUser != 0 else { return system }
    let home = Environment.get("XDG_CONFIG_HOME") ?? (Environment.get("HOME") ?? "") + "/.config"
    return ["\(home)/systemd/user", "/etc/systemd/user", "/usr/lib/systemd/user"] + system
  }

  /// The first of these units that is installed, with its drop-ins.
  static func find(_ names: [String]) -> SystemdUnit? {
    let directories = directories()
    for name in names {
      guard let path = directories.map({ "\($0)/\(name)" }).first(where: { DoctorProbe.smallText($0) != nil }),
        let text = DoctorProbe.smallText(path)
      else { continue }
      let texts = [text] + dropIns(name, directories).compactMap(DoctorProbe.smallText)
      return SystemdUnit(
        path: path, killMode: UnitFile.value("KillMode", section: "Service", in: texts),
        delegate: UnitFile.value("Delegate", section: "Service", in: texts))
    }
    return nil
  }

  /// Drop-ins by name over all directories; of one name that of the first directory counts.
  private static func dropIns(_ name: String, _ directories: [String]) -> [String] {
    var paths: [String: String] = [:]
    for directory in directories {
      do {
        for file in try Directory.open("\(directory)/\(name).d").list(limit: 1_000)
        where file.hasSuffix(".conf") && paths[file] == nil { paths[file] = "\(directory)/\(name).d/\(file)" }
      } catch {
        continue
      }
    }
    return paths.sorted { $0.key < $1.key }.map(\.value)
  }
}
