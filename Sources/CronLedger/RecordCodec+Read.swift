import CronTime

/// Which fields each type needs, and what they may hold.
extension RecordCodec {
  static func read(_ type: String, _ fields: RecordFieldReader) throws(RecordError) -> Record {
    switch type {
    case "define": return .define(try readDefinition(fields))
    case "claim": return .claim(try readClaim(fields))
    case "end": return .end(try readEnd(fields))
    case "skipped": return .skipped(try readRange(fields))
    case "missed": return .missed(try readRange(fields))
    case "start":
      return .start(
        RunStart(run: try fields.run(), pid: try fields.integer("pid"), at: try fields.instant("at")))
    case "retire": return .retire(job: try fields.text("job"), at: try fields.instant("at"))
    case "resume": return .resume(job: try fields.text("job"), at: try fields.instant("at"))
    case "pause":
      return .pause(
        job: try fields.text("job"), at: try fields.instant("at"), until: try fields.optionalInstant("until"),
        reason: try fields.optionalText("reason"))
    case "queued":
      return .queued(
        job: try fields.text("job"), occurrence: try fields.instant("occurrence"), at: try fields.instant("at"))
    default: return try readOthers(type, fields)
    }
  }

  private static func readOthers(_ type: String, _ fields: RecordFieldReader) throws(RecordError) -> Record {
    switch type {
    case "tick-failed":
      return .tickFailed(at: try fields.instant("at"), message: try fields.text("message"))
    case "clock-step":
      return .clockStep(at: try fields.instant("at"), byMicroseconds: try fields.integer("by_us"))
    case "restart":
      return .restart(
        at: try fields.instant("at"), boot: try fields.text("boot"), pid: try fields.integer("pid"),
        version: try fields.text("version"))
    case "through":
      return .through(
        at: try fields.instant("at"), job: try fields.optionalText("job"), boot: try fields.optionalText("boot"))
    case "snapshot":
      guard let format = LedgerFormat(try fields.text("format")) else { throw .invalid(field: "format") }
      // A later major may mean anything by the other fields; only the version counts then.
      guard format.isUnderstood else { return .snapshot(at: Instant(seconds: 0), records: 0, format: format) }
      let records: Int = try fields.integer("records")
      guard records >= 0 else { throw .invalid(field: "records") }
      return .snapshot(at: try fields.instant("at"), records: records, format: format)
    default:
      return .unknown(type: type, fields: try fields.all())
    }
  }

  private static func readDefinition(_ fields: RecordFieldReader) throws(RecordError) -> Definition {
    Definition(
      job: try fields.text("job"), schedule: try fields.text("schedule"), zone: try fields.text("zone"),
      zoneHash: try fields.hexadecimal("zone_data"), origin: try fields.instant("origin"),
      at: try fields.instant("at"), commandDigest: try fields.hexadecimal("command"))
  }

  private static func readClaim(_ fields: RecordFieldReader) throws(RecordError) -> Claim {
    let doubt = try fields.optionalText("doubtful")
    guard doubt == nil || doubt == "yes" else { throw .invalid(field: "doubtful") }
    var claim = Claim(
      run: try fields.run(), job: try fields.text("job"), occurrence: try fields.optionalInstant("occurrence"),
      trigger: try fields.choice("trigger"), attempt: try fields.integer("attempt"), at: try fields.instant("at"),
      bootIdentifier: try fields.text("boot"), startDeadline: try fields.optionalInstant("start_deadline"),
      due: try fields.optionalInstant("due"))
    claim.isDoubtful = doubt == "yes"
    return claim
  }

  private static func readEnd(_ fields: RecordFieldReader) throws(RecordError) -> RunEnd {
    let output = try fields.optionalText("output")
    guard output == nil || output == "yes" else { throw .invalid(field: "output") }
    return RunEnd(
      run: try fields.run(), job: try fields.text("job"), outcome: try fields.choice("outcome"),
      reason: try fields.optionalText("reason"), exitCode: try fields.optionalInteger("exit_code"),
      signal: try fields.optionalText("signal"), startedAt: try fields.optionalInstant("started_at"),
      endedAt: try fields.instant("ended_at"), attempt: try fields.integer("attempt"),
      retryAt: try fields.optionalInstant("retry_at"), output: output != nil)
  }

  private static func readRange<Reason: RawRepresentable<String> & Hashable & Sendable>(
    _ fields: RecordFieldReader
  ) throws(RecordError) -> NotRun<Reason> {
    let count: Int = try fields.integer("count")
    guard count >= 1 else { throw .invalid(field: "count") }
    return NotRun(
      job: try fields.text("job"), first: try fields.instant("first"), last: try fields.instant("last"),
      count: count, at: try fields.instant("at"), reason: try fields.choice("reason"))
  }
}
