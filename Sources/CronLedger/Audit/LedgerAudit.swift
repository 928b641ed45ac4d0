public import CronTime

/// Holds a ledger against the schedules that it recorded: was every occurrence of every job given its due?
///
/// It reads all segments, oldest first and one at a time, and writes nothing; a ticker may append meanwhile. What it
/// knows of schedules is what the ledger says of them, and the zones that it is given.
public struct LedgerAudit {
  /// What may be asked of an audit.
  public struct Options: Hashable, Sendable {
    /// Read every segment a second time and check every line's checksum, also of what can't be judged.
    public var verifies = false
    /// A larger segment isn't read, bytes.
    public var maximumSegmentBytes = 256 << 20

    /// The usual ones.
    public init() {}
  }

  private var account: AuditAccount
  private var summary = AuditSummary()
  private var isBegun = false
  /// The place of the next record.
  private var expected: UInt64 = 0
  /// Each segment that was read: whether it is damaged, and whether that is so of its end.
  private var seen: [Int: (isDamaged: Bool, isTailDamaged: Bool)] = [:]

  /// Of all segments, ascending.
  private let numbers: [Int]
  private var maximumSegmentBytes = 0

  private init(account: AuditAccount, numbers: [Int]) {
    self.account = account
    self.numbers = numbers
  }

  /// Audits a ledger. `zone` gives the zone of a name with the data of that hash, else as its data are now, and
  /// `report` takes each item as it is found.
  public static func run<Reader: LedgerReading>(
    _ reader: inout Reader, options: Options = Options(), zone: @escaping (String, UInt64) -> Zone?,
    report: @escaping (AuditItem) -> Void
  ) throws(AuditError) -> AuditSummary {
    let numbers: [Int]
    do throws(StorageError) {
      numbers = try reader.list().compactMap(SegmentName.number).sorted()
    } catch {
      throw .unreadable(error)
    }
    var audit = LedgerAudit(account: AuditAccount(zone: zone, report: report), numbers: numbers)
    audit.maximumSegmentBytes = options.maximumSegmentBytes
    var refusal: (segment: String, error: StorageError)?
    for number in numbers {
      do throws(StorageError) {
        let bytes = try reader.readAll(SegmentName.of(number), limit: options.maximumSegmentBytes)
        try audit.read(number, bytes, again: &reader)
      } catch {
        audit.passOver(number, error)
        if error.kind != .absent, refusal == nil { refusal = (SegmentName.of(number), error) }
      }
      if audit.newerSegment != nil { throw .newerFormat(segment: SegmentName.of(number)) }
    }
    if audit.summary.segments == 0, let refusal {
      throw .nothingReadable(segment: refusal.segment, refusal.error)
    }
    if audit.isBegun { audit.account.finish() }
    audit.judgeNothing()
    if options.verifies { audit.verify(numbers, &reader) }
    return audit.finished()
  }

  private func finished() -> AuditSummary {
    var summary = summary
    summary.findings = account.findings
    summary.jobs = account.jobs.mapValues(\.tally)
    summary.through = account.state.through
    return summary
  }

  /// Segments and not one record in them: a first start that was cut short, or somebody emptied them.
  private mutating func judgeNothing() {
    guard summary.segments > 0, summary.records == 0, account.findings == 0, let last = numbers.last else { return }
    account.say(AuditItem(.damaged, detail: "ledger/\(SegmentName.of(last)) holds no record, and nothing else does"))
  }

  private mutating func passOver(_ number: Int, _ error: StorageError) {
    // Removed since the list was read, for its age: the account begins anew behind it.
    if error.kind == .absent {
      isBegun = false
      return
    }
    account.say(AuditItem(.unreadable, detail: "ledger/\(SegmentName.of(number)): \(error)"))
  }

  // MARK: - One segment

  /// How far one segment has been read.
  private struct Course {
    /// The place of the last record that its snapshot covers; nil while its head isn't known.
    var covered: UInt64?
    /// When it was written.
    var at = Instant.distantPast
    /// Records that still restate the snapshot.
    var restatements = 0
    /// The snapshot as far as it was read.
    var restated: LedgerState?
    /// The whole snapshot, until what was written once more behind it has been read.
    var snapshot: LedgerState?
    var isFirst = true
    var isSkipped = false
    var records = 0
    var isDamaged = false
    /// Its last bytes, if no record is in them, and whether nothing comes before them.
    var tail: (range: Range<Int>, isHead: Bool)?
    var isTailDamaged = false
    /// The place of the last record behind its head.
    var last: UInt64?
    /// What is missing was looked for in the segments behind it.
    var hasLookedAhead = false
  }

  private var newerSegment: Int?

  private mutating func read(
    _ number: Int, _ first: [UInt8], again reader: inout some LedgerReading
  ) throws(StorageError) {
    summary.segments += 1
    summary.bytes += first.count
    var bytes = first
    var scanner = SegmentScanner(bytes)
    var course = Course()
    var resume = 0
    var rereads = 0
    lines: while let item = scanner.next(), newerSegment == nil {
      switch item {
      case .record(let record, let range):
        if range.lowerBound >= resume { take(record, number, &course) }
      case .damage(let range):
        if range.lowerBound < resume { continue }
        // A ticker may have been in the middle of writing just there.
        if rereads < 3, let newer = try changed(number, bytes, range, &reader) {
          rereads += 1
          bytes = newer
          scanner = SegmentScanner(newer)
          resume = range.lowerBound
          continue
        }
        let first = firstMissing(course, scanner)
        if range.lowerBound >= SyncedMark.end(in: bytes), isWrittenAgain(from: first, number, &course, &reader) {
          course.isDamaged = true
          break lines
        }
        damaged(number, range, &course)
      case .tornTail(let range): course.tail = (range, scanner.validEnd == 0)
      }
      course.isFirst = false
    }
    let isCutShort = course.snapshot != nil && expected <= course.covered ?? 0
    if isCutShort { _ = isWrittenAgain(from: expected, number, &course, &reader) }
    if course.snapshot != nil { goOn(from: &course) }
    try judgeTail(number, bytes, &course, &reader)
    if course.isFirst { judgeEmpty(number, &reader) }
    seen[number] = (course.isDamaged, course.isTailDamaged)
    summary.records += course.records
  }

  /// Tells a write that was cut short from damage, at the end of a segment.
  private mutating func judgeTail(
    _ number: Int, _ bytes: [UInt8], _ course: inout Course, _ reader: inout some LedgerReading
  ) throws(StorageError) {
    guard let (range, isHead) = course.tail else { return }
    let tail = bytes[range]
    // Nothing is known to be missing before the account has begun; but then nothing tells that nothing is, unless the
    // next head is the ledger's first.
    // In less than a record nothing was ever written.
    let isNothing = !isHead && tail.count < Replay.shortestRecord
    if isNothing || CutWrite.canLeave(tail, isHead: isHead),
      RewrittenRecords.loseNothing(
        from: isBegun ? expected : 1, behind: number, of: numbers, limit: maximumSegmentBytes, &reader)
    {
      return
    }
    // A ticker may have been in the middle of writing just there.
    if try changed(number, bytes, range, &reader) != nil { return }
    course.isTailDamaged = true
    damaged(number, range, &course)
  }

  /// A crash at its beginning leaves a segment without a record, and then its successor's head covers nothing more than
  /// its predecessor had. What the first of all held, only the next head tells; an older one went for its age, perhaps.
  private mutating func judgeEmpty(_ number: Int, _ reader: inout some LedgerReading) {
    guard !isBegun, number == 1,
      !RewrittenRecords.loseNothing(from: 1, behind: number, of: numbers, limit: maximumSegmentBytes, &reader)
    else { return }
    account.say(
      AuditItem(.damaged, detail: "ledger/\(SegmentName.of(number)) holds nothing, and the next one goes on behind it"))
  }

  /// The segment's bytes now, if they aren't any more what they were in that range.
  private func changed(
    _ number: Int, _ bytes: [UInt8], _ range: Range<Int>, _ reader: inout some LedgerReading
  ) throws(StorageError) -> [UInt8]? {
    let newer = try reader.readAll(SegmentName.of(number), limit: max(bytes.count, 1) * 2)
    guard newer.count >= range.upperBound, newer[range] != bytes[range] else { return nil }
    return newer
  }

  /// The place of a record that the damage just met has taken.
  private func firstMissing(_ course: Course, _ scanner: SegmentScanner) -> UInt64 {
    if let last = course.last { return last &+ 1 }
    var ahead = scanner
    // Directly behind the head, only what follows tells; amid the head all of the segment is in doubt.
    guard course.covered != nil, course.restatements == 0, case .record(let next, _)? = ahead.next() else {
      return expected
    }
    return next.seq == 0 ? expected : next.seq - 1
  }

  /// Whether what is missing from a place on stands in the segments that follow: then this one says nothing more.
  private func isWrittenAgain(
    from place: UInt64, _ number: Int, _ course: inout Course, _ reader: inout some LedgerReading
  ) -> Bool {
    guard isBegun, !course.hasLookedAhead else { return false }
    course.hasLookedAhead = true
    guard
      RewrittenRecords.cover(
        from: min(place, expected), behind: number, of: numbers, limit: maximumSegmentBytes, &reader)
    else { return false }
    course.snapshot = nil
    return true
  }

  private mutating func damaged(_ number: Int, _ range: Range<Int>, _ course: inout Course) {
    course.isDamaged = true
    course.restatements = 0
    account.say(
      AuditItem(
        .damaged,
        detail: "ledger/\(SegmentName.of(number)) byte \(range.lowerBound): \(range.count) bytes are no record"))
  }

  private mutating func take(_ record: SequencedRecord, _ number: Int, _ course: inout Course) {
    course.records += 1
    if course.isSkipped { return }
    if course.isFirst, case .snapshot(let at, let records, let format) = record.record {
      guard format.isUnderstood else {
        newerSegment = number
        return
      }
      if summary.from == nil { summary.from = at }
      course.covered = record.seq
      course.at = at
      course.restatements = records
      restate(record, &course)
    } else if course.restatements > 0 {
      course.restatements -= 1
      restate(record, &course)
    } else {
      goOn(record, number, &course)
    }
  }

  /// Collects what the head restates; the whole of it is a state to go on from.
  private mutating func restate(_ record: SequencedRecord, _ course: inout Course) {
    var state = course.restated.take() ?? LedgerState()
    // A restatement contradicts nothing.
    do throws(IllegalTransition) { try state.apply(record) } catch {}
    guard course.restatements == 0 else {
      course.restated = state
      return
    }
    course.snapshot = state
    if isBegun { return }
    isBegun = true
    account.begin(with: state)
    expected = state.nextSequence
    course.snapshot = nil
  }

  /// A record that is a fact of its own, or one that was written once more after a failed sync.
  private mutating func goOn(_ record: SequencedRecord, _ number: Int, _ course: inout Course) {
    course.last = record.seq
    guard isBegun else {
      account.say(
        AuditItem(
          .damaged,
          detail: "ledger/\(SegmentName.of(number)): the snapshot at its head isn't whole, and no segment before it "
            + "is there: what it holds can't be judged"))
      course.isSkipped = true
      course.isDamaged = true
      return
    }
    if record.seq < expected {
      if let covered = course.covered, record.seq > covered {
        account.say(AuditItem(.sequence, detail: "record \(record.seq) comes a second time"))
      }
      return
    }
    if course.snapshot != nil, record.seq > course.covered ?? 0 { goOn(from: &course) }
    if record.seq > expected { missing(to: record.seq - 1) }
    expected = record.seq + 1
    account.take(record)
  }

  /// Goes on from the segment's snapshot, once all that it covers has been read.
  private mutating func goOn(from course: inout Course) {
    guard let snapshot = course.snapshot.take(), let covered = course.covered else { return }
    if expected <= covered {
      missing(to: covered)
    } else if expected > covered + 1 {
      account.say(
        AuditItem(
          .sequence, detail: "a snapshot covers the records up to \(covered), and \(expected - 1) was there before"))
    }
    account.adopt(snapshot, at: course.at, covered: covered)
    expected = covered + 1
  }

  private mutating func missing(to last: UInt64) {
    let which = expected == last ? "record \(last) is missing" : "records \(expected) to \(last) are missing"
    account.say(AuditItem(.sequence, detail: which))
  }

  // MARK: - Reading again

  private mutating func verify(_ numbers: [Int], _ reader: inout some LedgerReading) {
    var verification = LedgerVerification()
    for number in numbers {
      let name = SegmentName.of(number)
      do throws(StorageError) {
        // What was too large to be judged has no newest end to be cut short, unless it is the newest.
        let result = try verification.read(name, &reader) { records in
          seen[number]?.isTailDamaged ?? (records == 0 && number != numbers.last)
        }
        if let known = seen[number] {
          // The last one may have grown.
          guard number != numbers.last, (result.damagedBytes > 0) != known.isDamaged else { continue }
          account.say(AuditItem(.damaged, detail: "ledger/\(name) reads differently a second time"))
        } else if result.damagedBytes > 0 {
          account.say(
            AuditItem(.damaged, detail: "ledger/\(name): \(result.damagedBytes) bytes fail their checksum"))
        }
      } catch {
        if seen[number] == nil || error.kind == .absent { continue }
        account.say(AuditItem(.unreadable, detail: "ledger/\(name): \(error)"))
      }
    }
    summary.verified = verification.total
  }
}
