import CronTime

/// What is said about files beyond their syntax; only `check` asks, so that no daemon is degraded by it.
public enum FileChecks {
  /// Adds what is to be said about the files, each by itself and all together.
  public static func run(_ files: inout [CheckedFile], _ lookups: MachineLookups) {
    for index in files.indices {
      for finding in findings(files[index], lookups) { files[index].findings.append(finding) }
    }
    addDuplicates(&files)
    addPiles(&files)
  }

  static func findings(_ file: CheckedFile, _ lookups: MachineLookups) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for (index, job) in file.jobs.enumerated() {
      let places = file.schedulePositions.indices.contains(index) ? file.schedulePositions[index] : []
      let zone = lookups.zone(job.zone ?? file.defaultZone) ?? .utc
      for (number, schedule) in job.schedules.enumerated() {
        let place = places.indices.contains(number) ? places[number] : job.position
        found += ScheduleAdviceCheck.findings(schedule, at: place, in: zone, from: lookups.now)
      }
      if let finding = UserCheck.finding(job, lookups) { found.append(finding) }
      if let finding = CommandCheck.finding(job, inheritsPath: file.inheritsPath, lookups) { found.append(finding) }
      if let finding = PercentCheck.finding(job) { found.append(finding) }
    }
    if let place = file.mailTo { found.append(mailFinding(place, hasSendmail: lookups.hasSendmail())) }
    return found
  }

  /// Where cron would send mail its users rely on it; where it couldn't, they never had any.
  private static func mailFinding(_ place: SourcePosition, hasSendmail: Bool) -> Diagnostic {
    let hint = "read what a job printed with \"cronwatch logs JOB\""
    if hasSendmail {
      return Diagnostic(
        position: place, level: .note, code: "no-mail",
        message: "MAILTO is handed to the jobs, and no more: cronwatch sends no mail", hint: hint)
    }
    return Diagnostic(
      position: place, level: .warning, code: "no-sendmail",
      message: "MAILTO is set, but this machine has no sendmail: nobody gets mail", hint: hint)
  }

  /// One parser sees to unique names within its file; the daemon refuses the second one also across files.
  private static func addDuplicates(_ files: inout [CheckedFile]) {
    var owners: [String: SourcePosition] = [:]
    for index in files.indices {
      for job in files[index].jobs {
        if let first = owners[job.name] {
          // A file that was named twice is no twin of itself.
          if first == job.position { continue }
          files[index].findings.append(JobName.duplicate(job.name, at: job.position, first: first))
        } else {
          owners[job.name] = job.position
        }
      }
    }
  }

  private static func addPiles(_ files: inout [CheckedFile]) {
    var places: [String: Int] = [:]
    for index in files.indices {
      if let path = files[index].jobs.first?.position.file { places[path] = index }
    }
    for finding in PileCheck.findings(files.flatMap(\.jobs)) {
      if let index = places[finding.position.file] { files[index].findings.append(finding) }
    }
  }
}

/// What may surprise about a schedule that fires; the parsers themselves warn of one that doesn't.
enum ScheduleAdviceCheck {
  /// Codes that are worth knowing, and mostly meant.
  private static let notes: Set<String> = ["short-months", "fifth-weekday", "time-in-gap"]

  static func findings(
    _ schedule: Schedule, at position: SourcePosition, in zone: Zone, from now: Instant
  ) -> [Diagnostic] {
    // The parser has warned of one that never fires.
    if schedule.isDead { return [] }
    return schedule.advice(in: zone, from: now).map {
      Diagnostic(
        position: position, level: notes.contains($0.code) ? .note : .warning, code: $0.code, message: $0.message,
        hint: $0.hint)
    }
  }
}

/// A job of a user whom nobody knows never runs.
enum UserCheck {
  static func finding(_ job: JobDefinition, _ lookups: MachineLookups) -> Diagnostic? {
    guard let user = job.user, lookups.userExists(user) == false else { return nil }
    return Diagnostic(
      position: job.position, level: .warning, code: "unknown-user",
      message: "there is no user \"\(CommandCheck.shortened(user))\", so the job can't be started",
      hint: job.sourceKind == .systemCrontab
        ? "a system crontab has a user between the schedule and the command" : "create the user, or name another")
  }
}

/// A `%` that ends the command inside of a quote; the parser warns of `+%` itself.
enum PercentCheck {
  static func finding(_ job: JobDefinition) -> Diagnostic? {
    guard job.sourceKind != .conf, job.sourceKind != .command, job.standardInput != nil,
      case .shellLine(let line) = job.command, line.utf8.last != UInt8(ascii: "+"), isInsideQuote(line)
    else { return nil }
    return Diagnostic(
      position: job.position, level: .warning, code: "percent-ends-command",
      message: "the command ends at its first '%', in the middle of a quote; the rest is its input",
      hint: "write \\% for a percent sign")
  }

  /// Whether a quote is open where the text ends, as a shell reads it.
  static func isInsideQuote(_ line: String) -> Bool {
    var quote: UInt8?
    var escaped = false
    var previous = ASCII.space
    for byte in line.utf8 {
      defer { previous = byte }
      if escaped {
        escaped = false
      } else if byte == ASCII.backslash, quote != ASCII.singleQuote {
        escaped = true
      } else if let open = quote {
        if byte == open { quote = nil }
      } else if byte == ASCII.singleQuote || byte == ASCII.doubleQuote {
        quote = byte
      } else if byte == ASCII.hash, ASCII.isBlank(previous) {
        return false
      }
    }
    return quote != nil
  }
}
