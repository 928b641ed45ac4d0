internal import CronSystem
internal import CronWire

/// Gathering about the state directory.
extension DoctorProbe {
  /// More names than these of one kind are counted by nobody.
  private static let most = 6

  func state() -> DoctorState {
    Fault.point("doctor.state")
    var facts = DoctorState(path: statePath, place: statePath)
    look(at: &facts)
    let state: StateDirectory
    do throws(StateError) {
      state = try StateDirectory.open(statePath, create: false)
    } catch {
      facts.exists = error.reason != .missing
      if facts.exists { facts.refusal = error.description }
      setVerdict(&facts, nil)
      return facts
    }
    setVerdict(&facts, state)
    walk(state, &facts)
    do throws(Errno) {
      facts.ledger = try LedgerHealth.look(state)
    } catch {
      if error != .noEntry { facts.ledgerProblem = "\(statePath)/ledger can't be listed: \(error)" }
    }
    facts.strangers += facts.ledger?.strangers.map { "ledger/\($0)" } ?? []
    facts.strangers = Array(facts.strangers.prefix(Self.most))
    return facts
  }

  /// The nearest directory that is there, what holds it, and whether it can be written.
  private func look(at facts: inout DoctorState) {
    var path = statePath
    while true {
      do throws(Errno) {
        let directory = try Directory.open(path.isEmpty ? "/" : path)
        facts.place = path.isEmpty ? "/" : path
        facts.fileSystem = try directory.descriptor.fileSystem()
        facts.isWritable = try directory.isWritable()
        return
      } catch {
        guard error == .noEntry, let slash = path.lastIndex(of: "/") else { return }
        path = String(path[..<slash])
      }
    }
  }

  private func setVerdict(_ facts: inout DoctorState, _ state: StateDirectory?) {
    if let refusal = facts.refusal {
      facts.message = refusal
      return
    }
    guard let state else {
      facts.verdict = .down
      facts.message = StatusEvaluator.evaluate(StatusCollector.nothing(path: statePath)).message
      return
    }
    do throws(Errno) {
      let answer = try StatusQuery.ask(state, color: false)
      facts.verdict = answer.json["verdict"]?.stringValue.flatMap(Verdict.init(rawValue:))
      facts.message = answer.json["message"]?.stringValue ?? "status gives no message"
    } catch {
      facts.message = "the state can't be read: \(error)"
    }
  }

  // MARK: files

  private func walk(_ state: StateDirectory, _ facts: inout DoctorState) {
    let now = SystemClock.wall()
    do throws(Errno) {
      judge(try state.root.descriptor.status(), "the directory itself", &facts, allowing: StateNames.passage)
      for name in try state.root.list(limit: 10_000) {
        guard let status = try state.root.status(name) else { continue }
        note(name, status, isKnown: StateNames.isKnown(name), now: now, &facts)
      }
    } catch {
      facts.loose.append("files that can't be listed (\(error))")
    }
    for place in StateDirectory.Subdirectory.allCases where StateNames.isOursAlone(place) {
      do throws(Errno) {
        let directory = try state.existingDirectory(place)
        for name in try directory.list(limit: 10_000) {
          guard let status = try directory.status(name) else { continue }
          let isKnown = StateNames.isKnown(name, in: place)
          note("\(place.rawValue)/\(name)", status, isKnown: isKnown, now: now, &facts)
          if place == .quarantine { facts.quarantined += 1 }
        }
      } catch {
        // One that isn't there yet is made by the next start; what can't be opened was said with its name.
        continue
      }
    }
  }

  private func note(
    _ name: String, _ status: FileStatus, isKnown: Bool, now: Int64, _ facts: inout DoctorState
  ) {
    judge(status, name, &facts, allowing: StateNames.allowance(name))
    let base = name.split(separator: "/").last.map(String.init) ?? name
    if AtomicFile.isTemporary(base) {
      // A younger one may be at work.
      let isOld = now &- status.modifiedMicroseconds > 3_600_000_000
      if isOld, facts.stale.count < Self.most { facts.stale.append(name) }
    } else if !isKnown, facts.strangers.count < Self.most {
      facts.strangers.append(name)
    }
  }

  private func judge(_ status: FileStatus, _ name: String, _ facts: inout DoctorState, allowing allowed: UInt32) {
    guard facts.loose.count < Self.most, let why = StateNames.looseness(of: status, allowing: allowed) else { return }
    facts.loose.append("\(name) (\(why))")
  }
}

/// The names that cronwatch itself makes in the state directory (docs/state-directory.md).
enum StateNames {
  private static let files: Set<String> = [
    "format", "watcher.lock", "ticker.lock", "control.sock", "status.sock", "crontabs", "reaped",
  ]
  private static let directories = Set(StateDirectory.Subdirectory.allCases.map(\.rawValue))
  private static let beats: Set<String> = [
    "ticker", "success", "error", "watcher", "watcher-end", "summary", "counters", "metrics",
  ]

  /// Whether a name in the state directory is ours.
  static func isKnown(_ name: String) -> Bool {
    files.contains(name) || directories.contains(name) || name.hasPrefix("deaths")
  }

  /// Whether a name in one of its directories is ours; the ledger's are looked at with the ledger.
  static func isKnown(_ name: String, in place: StateDirectory.Subdirectory) -> Bool {
    switch place {
    case .heartbeat: beats.contains(name)
    case .log: name == LogFile.name || name == LogFile.olderName
    case .ledger, .lastGood, .jobs, .pauses, .zones, .workers, .output, .quarantine: true
    }
  }

  /// Whether all in it belongs to us: runs of other users own their outputs.
  static func isOursAlone(_ place: StateDirectory.Subdirectory) -> Bool { place != .workers && place != .output }

  /// What the directory itself may have for `[watcher] status-group`: its members pass through it.
  static let passage: UInt32 = 0o010

  /// What else a name may have for that group.
  static func allowance(_ name: String) -> UInt32 { name == ControlLimits.statusSocketName ? 0o060 : 0 }

  /// Why others may get at a file; nil = they may not.
  ///
  /// `allowed`: permission bits of others that are meant.
  static func looseness(of status: FileStatus, allowing allowed: UInt32) -> String? {
    if status.kind == .symbolicLink { return "a symbolic link" }
    let user = CurrentProcess.effectiveUser
    if status.userIdentifier != user, user != 0 || status.userIdentifier != 0 {
      return "of uid \(status.userIdentifier)"
    }
    if status.permissions & 0o077 & ~allowed != 0 { return "mode \(String(status.permissions, radix: 8))" }
    return nil
  }
}
