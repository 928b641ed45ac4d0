internal import CronSystem

/// What the doctor learnt about the state directory; plain values.
struct DoctorState {
  /// Its path.
  var path: String
  /// Whether there is one.
  var exists = true
  /// Why it can't be used.
  var refusal: String?
  /// The nearest directory that is there: the state directory, or what it would be made in.
  var place: String
  /// What holds that directory; nil = it can't be told.
  var fileSystem: FileSystem?
  /// Whether that directory can be written; nil = it can't be told.
  var isWritable: Bool?
  /// Files and directories that others may read or write, or that are another user's: the first few, with why.
  var loose: [String] = []
  /// Names in it that aren't ours: the first few.
  var strangers: [String] = []
  /// Temporary files that nobody has written to for an hour: the first few.
  var stale: [String] = []
  /// Files in quarantine.
  var quarantined = 0
  /// The ledger; nil = there is none, or it can't be listed.
  var ledger: LedgerHealth?
  /// Why the ledger can't be looked at.
  var ledgerProblem: String?
  /// The verdict and its words; nil = it can't be told, for this reason.
  var verdict: Verdict?
  /// The message of status, or why there is none.
  var message = ""
}

/// The checks of the state directory; pure.
extension DoctorState {
  private static let fewBytes: UInt64 = 64 << 20
  private static let scarceBytes: UInt64 = 512 << 20
  private static let fewInodes: UInt64 = 1_000

  /// Every finding, or the one that there is nothing to look at.
  var findings: [DoctorFinding] {
    let inner = exists && refusal == nil ? [permissionFinding, foreignFinding, ledgerFinding] : []
    return [statusFinding, directoryFinding, fileSystemFinding, writableFinding, spaceFinding] + inner
  }

  var statusFinding: DoctorFinding {
    guard let verdict else {
      return DoctorFinding(.status, .problem, message, remedy: "run `cronwatch status` as the owner of \(path)")
    }
    let words = message.lowercased().hasPrefix(verdict.rawValue) ? message : "\(verdict.rawValue): \(message)"
    switch verdict {
    case .healthy, .asleep: return DoctorFinding(.status, .ok, words)
    case .starting, .stopping: return DoctorFinding(.status, .note, words)
    case .down: return DoctorFinding(.status, .problem, words, remedy: "run `cronwatch start`")
    case .degraded: return DoctorFinding(.status, .problem, words, remedy: "mend what it names")
    case .crashLooping, .stalled, .failing, .overdue:
      return DoctorFinding(
        .status, .problem, words, remedy: "see `cronwatch status --deaths` and \(path)/log/cronwatch.log")
    }
  }

  var directoryFinding: DoctorFinding {
    if let refusal {
      return DoctorFinding(
        .stateDirectory, .problem, refusal,
        remedy: "run as its owner, or `chown` it and `chmod 700` it, or give another with --state")
    }
    if !exists {
      return DoctorFinding(.stateDirectory, .note, "\(path): there is none yet; `cronwatch start` makes it")
    }
    return DoctorFinding(.stateDirectory, .ok, path)
  }

  var fileSystemFinding: DoctorFinding {
    guard let fileSystem else {
      return DoctorFinding(.fileSystem, .note, "not looked at: what holds \(place) can't be told")
    }
    let move = "move the state to a local disk and name it by --state or $CRONWATCH_STATE"
    switch FileSystemKind(magic: fileSystem.kind) {
    case .local: return DoctorFinding(.fileSystem, .ok, "a local one holds \(place)")
    case .network(let name):
      return DoctorFinding(
        .fileSystem, .problem, "\(place) is on a network file system (\(name)): it can hang, and locks can be lost",
        remedy: move)
    case .memory(let name):
      return DoctorFinding(
        .fileSystem, .problem, "\(place) is in memory (\(name)): after a reboot nobody knows what ran", remedy: move)
    case .container:
      return DoctorFinding(
        .fileSystem, .problem, "\(place) is in a container's own layer: it is gone with the container",
        remedy: "mount a volume there")
    case .userSpace:
      return DoctorFinding(
        .fileSystem, .note, "\(place) is served by a process (FUSE): it can hang, and may be remote")
    }
  }

  var writableFinding: DoctorFinding {
    if fileSystem?.isReadOnly == true {
      return DoctorFinding(
        .writable, .problem, "\(place) is mounted read-only: decisions are kept in memory alone",
        remedy: "see `dmesg` for what the disk said, then mount it read-write")
    }
    switch isWritable {
    case true: return DoctorFinding(.writable, .ok, place)
    case false:
      return DoctorFinding(
        .writable, .problem, "\(place) can't be written by this user", remedy: "run as its owner, or give --state DIR")
    case nil: return DoctorFinding(.writable, .note, "not looked at: \(place) doesn't tell")
    }
  }

  var spaceFinding: DoctorFinding {
    guard let fileSystem else { return DoctorFinding(.space, .note, "not looked at: \(place) doesn't tell") }
    let bytes = "\(ByteText.of(fileSystem.availableBytes)) free"
    let countsInodes = fileSystem.totalInodes > 0
    let free = countsInodes ? "\(bytes), \(fileSystem.availableInodes) inodes free" : bytes
    if fileSystem.availableBytes < Self.fewBytes {
      return DoctorFinding(
        .space, .problem, "the disk of \(place) is nearly full: \(bytes)",
        remedy: "free some space: logs, kept output and the ledger need it")
    }
    if countsInodes, fileSystem.availableInodes < Self.fewInodes {
      return DoctorFinding(
        .space, .problem, "the disk of \(place) has only \(fileSystem.availableInodes) inodes left",
        remedy: "remove small files there: each kept output of a run is one")
    }
    if fileSystem.availableBytes < Self.scarceBytes {
      return DoctorFinding(.space, .note, "little is left on the disk of \(place): \(free)")
    }
    return DoctorFinding(.space, .ok, free)
  }

  var permissionFinding: DoctorFinding {
    guard !loose.isEmpty else { return DoctorFinding(.permissions, .ok, "directories 0700, files 0600, all ours") }
    return DoctorFinding(
      .permissions, .problem, "others may get at \(loose.joined(separator: ", "))",
      remedy: "run `chmod -R go-rwx` and `chown -R` on \(path)")
  }

  var foreignFinding: DoctorFinding {
    var parts: [String] = []
    if !strangers.isEmpty { parts.append("not ours: \(strangers.joined(separator: ", "))") }
    if !stale.isEmpty { parts.append("left over by a crash: \(stale.joined(separator: ", "))") }
    if quarantined > 0 { parts.append("\(quarantined) in quarantine/, which could not be understood once") }
    guard !parts.isEmpty else { return DoctorFinding(.foreignFiles, .ok, "none") }
    return DoctorFinding(.foreignFiles, .note, parts.joined(separator: "; "))
  }

  var ledgerFinding: DoctorFinding {
    guard let ledger else {
      let isProblem = ledgerProblem != nil
      return DoctorFinding(
        .ledger, isProblem ? .problem : .note, ledgerProblem ?? "there is none yet",
        remedy: isProblem ? "see `cronwatch audit`; jobs fire, but what ran is kept in memory alone" : nil)
    }
    if ledger.hasSpilled {
      return DoctorFinding(
        .ledger, .problem, "the disk refused decisions, which are in the watcher's memory alone",
        remedy: "free space or mend the disk; don't stop cronwatch before status is healthy")
    }
    if !ledger.hasReserve, verdict != .down, verdict != nil {
      return DoctorFinding(
        .ledger, .problem, "\(ledger.text), but no space is set aside for a full disk", remedy: "free some space")
    }
    return DoctorFinding(.ledger, .ok, ledger.text)
  }
}

/// Sizes in words that people read.
enum ByteText {
  /// `12 KiB`, `3 MiB`, `41 GiB`: at most four digits below a PiB.
  static func of(_ bytes: UInt64) -> String {
    var rest = bytes
    for unit in ["bytes", "KiB", "MiB", "GiB", "TiB"] {
      if rest < 1_024 { return "\(rest) \(unit)" }
      rest /= 1_024
    }
    return "\(rest) PiB"
  }
}
