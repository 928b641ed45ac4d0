import CronConfig
import CronDaemon
import CronSystem
import CronTime

/// What `next` is asked about: a schedule, a loaded job, or all jobs.
struct NextSubject {
  /// What fires.
  let jobs: [FiringJob]
  /// The zone in which the answer is given.
  let zone: Zone
  /// A schedule without any date.
  var isDead = false
  /// The answer's subject in messages.
  let text: String
}

extension NextSubject {
  /// What the operands name; a schedule wins over a job of the same name.
  static func named(
    _ context: CommandContext, _ arguments: Arguments, origin: Instant
  ) throws(CommandFailure) -> NextSubject {
    let text = arguments.operands.joined(separator: " ")
    let parsed: ZonedSchedule
    do throws(ScheduleError) {
      parsed = try ZonedSchedule.parse(text, dialect: .any, seed: "next", now: origin)
    } catch {
      if let job = try loadedJob(text, context, arguments) { return job }
      let mayBeJob = JobName.isValidScoped(text) && text.utf8.first.map { $0 > UInt8(ascii: "9") } == true
      throw ScheduleArgument.refusal(
        error, of: text, otherHint: mayBeJob ? "no loaded job is named '\(HumanText.escaped(text))'" : nil)
    }
    let zone = try ScheduleArgument.zone(of: parsed, text, context, arguments)
    let schedule = parsed.schedule
    let job = FiringJob(name: text) { schedule.next(after: $0, in: zone, origin: origin) }
    return NextSubject(jobs: [job], zone: zone, isDead: schedule.isDead, text: text)
  }

  /// Every loaded job, or those of the files that are named.
  static func all(
    _ context: CommandContext, _ arguments: Arguments, origin: Instant
  ) throws(CommandFailure) -> NextSubject {
    let zone = try context.zone(named: arguments.value("--zone"))
    if !arguments.all("--file").isEmpty {
      var jobs: [FiringJob] = []
      for path in arguments.all("--file") {
        jobs += try self.jobs(of: path, fallback: zone, context: context, origin: origin)
      }
      return NextSubject(jobs: jobs, zone: zone, text: "the files")
    }
    guard let state = try context.existingState(), let loaded = LoadedTable.read(state) else {
      throw CommandFailure(
        .negative, "no jobs were ever loaded in \(try context.statePath())", hint: "give a SCHEDULE, or --file CRONTAB")
    }
    return NextSubject(jobs: loaded.jobs.map(FiringJob.init), zone: zone, text: "all jobs")
  }

  private static func loadedJob(
    _ name: String, _ context: CommandContext, _ arguments: Arguments
  ) throws(CommandFailure) -> NextSubject? {
    guard JobName.isValidScoped(name), let state = try context.existingState(),
      let job = LoadedTable.read(state)?.jobs.first(where: { $0.definition.name == name })
    else { return nil }
    if let option = arguments.value("--zone"), option != job.zone.name {
      throw CommandFailure(
        .usage, "the job \(HumanText.escaped(name)) has the zone \(job.zone.name), --zone names another",
        hint: "leave --zone out")
    }
    return NextSubject(
      jobs: [FiringJob(job)], zone: job.zone, isDead: job.definition.schedules.allSatisfy(\.isDead), text: name)
  }

  /// The jobs of a file that no ticker needs to have loaded; its errors are `check`'s to tell.
  private static func jobs(
    of path: String, fallback: Zone, context: CommandContext, origin: Instant
  ) throws(CommandFailure) -> [FiringJob] {
    let file = CheckedFile(path: path, isSystem: false)
    if file.findings.errors > 0 {
      context.printError(
        "cronwatch: \(HumanText.escaped(path)): what has an error is left out; see 'cronwatch check'")
    }
    var jobs: [FiringJob] = []
    for job in file.jobs {
      let zone = job.zone == nil ? fallback : try context.zone(named: job.zone)
      jobs.append(
        FiringJob(name: job.name) { after in
          job.schedules.compactMap { $0.next(after: after, in: zone, origin: origin) }.min()
        })
    }
    return jobs
  }
}
