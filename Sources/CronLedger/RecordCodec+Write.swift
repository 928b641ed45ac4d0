import CronTime

/// Which fields each type writes, in their order.
extension RecordCodec {
  static func write(_ record: Record, to writer: inout RecordFieldWriter) {
    switch record {
    case .define(let definition): write(definition, to: &writer)
    case .claim(let claim): write(claim, to: &writer)
    case .end(let end): write(end, to: &writer)
    case .skipped(let range): write(range, reason: range.reason.rawValue, to: &writer)
    case .missed(let range): write(range, reason: range.reason.rawValue, to: &writer)
    case .start(let start):
      writer.text("run", start.run.text)
      writer.integer("pid", start.pid)
      writer.instant("at", start.at)
    case .retire(let job, let at), .resume(let job, let at):
      writer.text("job", job)
      writer.instant("at", at)
    case .pause(let job, let at, let until, let reason):
      writer.text("job", job)
      writer.instant("at", at)
      writer.instant("until", until)
      writer.text("reason", reason.map(bounded))
    case .queued(let job, let occurrence, let at):
      writer.text("job", job)
      writer.instant("occurrence", occurrence)
      writer.instant("at", at)
    case .tickFailed(let at, let message):
      writer.instant("at", at)
      writer.text("message", bounded(message))
    case .clockStep(let at, let byMicroseconds):
      writer.instant("at", at)
      writer.integer("by_us", byMicroseconds)
    case .restart(let at, let boot, let pid, let version):
      writer.instant("at", at)
      writer.text("boot", boot)
      writer.integer("pid", pid)
      writer.text("version", version)
    case .through(let at, let job, let boot):
      writer.instant("at", at)
      writer.text("job", job)
      writer.text("boot", boot)
    case .snapshot(let at, let records, let format):
      writer.text("format", format.description)
      writer.instant("at", at)
      writer.integer("records", records)
    case .unknown(_, let fields):
      for field in fields { writer.text(field.key, field.value) }
    }
  }

  private static func write(_ definition: Definition, to writer: inout RecordFieldWriter) {
    writer.text("job", definition.job)
    writer.instant("at", definition.at)
    writer.instant("origin", definition.origin)
    writer.text("schedule", definition.schedule)
    writer.text("zone", definition.zone)
    writer.hexadecimal("zone_data", definition.zoneHash)
    writer.hexadecimal("command", definition.commandDigest)
  }

  private static func write(_ claim: Claim, to writer: inout RecordFieldWriter) {
    writer.text("run", claim.run.text)
    writer.text("job", claim.job)
    writer.instant("occurrence", claim.occurrence)
    writer.text("trigger", claim.trigger.rawValue)
    writer.integer("attempt", claim.attempt)
    writer.instant("at", claim.at)
    writer.text("boot", claim.bootIdentifier)
    writer.instant("start_deadline", claim.startDeadline)
    writer.instant("due", claim.due)
    writer.text("doubtful", claim.isDoubtful ? "yes" : nil)
  }

  private static func write(_ end: RunEnd, to writer: inout RecordFieldWriter) {
    writer.text("run", end.run.text)
    writer.text("job", end.job)
    writer.text("outcome", end.outcome.rawValue)
    writer.text("reason", end.reason.map(bounded))
    if let exitCode = end.exitCode { writer.integer("exit_code", exitCode) }
    writer.text("signal", end.signal)
    writer.instant("started_at", end.startedAt)
    writer.instant("ended_at", end.endedAt)
    writer.integer("attempt", end.attempt)
    writer.instant("retry_at", end.retryAt)
    if end.output { writer.text("output", "yes") }
  }

  private static func write<Reason>(_ range: NotRun<Reason>, reason: String, to writer: inout RecordFieldWriter) {
    writer.text("job", range.job)
    writer.instant("first", range.first)
    writer.instant("last", range.last)
    writer.integer("count", range.count)
    writer.instant("at", range.at)
    writer.text("reason", reason)
  }
}
