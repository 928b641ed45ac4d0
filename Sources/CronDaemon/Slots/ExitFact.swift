/// How a run ended, as its worker wrote it into the slot.
struct ExitFact: Hashable, Sendable {
  /// Why it ended.
  enum Cause: String, Hashable, Sendable {
    /// By itself, or by a signal that wasn't ours.
    case ended
    /// We stopped it because its time was over.
    case timedOut = "timed-out"
    /// We stopped it because somebody asked.
    case stopped
    /// It never ran: its start deadline had passed when the order was read.
    case declined
    /// It never ran: it couldn't be started (`message`).
    case notStarted = "not-started"
  }

  var cause: Cause
  /// Whether `notStarted` may pass: no memory, no process, a user that can't be looked up now.
  var isRetryable = false
  /// The exit status, 0…255; nil when a signal ended it or it never ran.
  var exitCode: Int32?
  /// The signal's name (`KILL`) when one ended it.
  var signal: String?
  /// Wall clock, µs.
  var startedAt: Int64
  /// Wall clock, µs.
  var endedAt: Int64
  /// Time on the processor in user mode and in the kernel, µs.
  var userMicroseconds: Int64 = 0
  var systemMicroseconds: Int64 = 0
  /// Peak resident set, KiB.
  var maximumResidentKibibytes: Int64 = 0
  /// How many processes the run left behind.
  var leftovers = 0
  /// Bytes of output that were kept; 0 = no file.
  var outputBytes: Int64 = 0
  /// Why it couldn't be started.
  var message = ""

  /// An end without resources, leftovers or output.
  init(cause: Cause, exitCode: Int32? = nil, signal: String? = nil, startedAt: Int64, endedAt: Int64) {
    self.cause = cause
    self.exitCode = exitCode
    self.signal = signal
    self.startedAt = startedAt
    self.endedAt = endedAt
  }
}

extension ExitFact {
  /// The longest message that is kept, in bytes of UTF-8; percent-encoded too it leaves the field its place.
  static let maximumMessage = 160

  /// What fits of a message; cut between scalars, because one character may be of any length.
  private var boundedMessage: String {
    var text = ""
    for scalar in message.unicodeScalars {
      if text.utf8.count + UTF8.width(scalar) > Self.maximumMessage { break }
      text.unicodeScalars.append(scalar)
    }
    return text
  }

  func encoded(_ claim: SlotClaim) -> [UInt8] {
    var fields: [(String, String)] = [
      ("run", claim.run), ("seq", String(claim.sequence)), ("cause", cause.rawValue),
      ("started_us", String(startedAt)), ("ended_us", String(endedAt)), ("utime_us", String(userMicroseconds)),
      ("stime_us", String(systemMicroseconds)), ("maxrss_kib", String(maximumResidentKibibytes)),
      ("leftovers", String(leftovers)), ("output", String(outputBytes)), ("retry", isRetryable ? "1" : "0"),
    ]
    if let exitCode { fields.append(("code", String(exitCode))) }
    if let signal { fields.append(("signal", signal)) }
    if !message.isEmpty { fields.append(("message", boundedMessage)) }
    return SlotText.line("EXIT", fields)
  }

  init?(decoding bytes: [UInt8], claim: SlotClaim) {
    guard let fields = SlotText.fields("EXIT", in: bytes), fields["run"] == claim.run,
      fields["seq"] == String(claim.sequence),
      let cause = fields["cause"].flatMap({ Cause(rawValue: $0) }),
      let started = fields["started_us"].flatMap({ Int64($0) }),
      let ended = fields["ended_us"].flatMap({ Int64($0) })
    else { return nil }
    self.init(
      cause: cause, exitCode: fields["code"].flatMap { Int32($0) }, signal: fields["signal"], startedAt: started,
      endedAt: ended)
    userMicroseconds = fields["utime_us"].flatMap { Int64($0) } ?? 0
    systemMicroseconds = fields["stime_us"].flatMap { Int64($0) } ?? 0
    maximumResidentKibibytes = fields["maxrss_kib"].flatMap { Int64($0) } ?? 0
    leftovers = fields["leftovers"].flatMap { Int($0) } ?? 0
    outputBytes = fields["output"].flatMap { Int64($0) } ?? 0
    isRetryable = fields["retry"] == "1"
    message = fields["message"] ?? ""
  }
}
