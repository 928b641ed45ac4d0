import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// A job of the campaign: what stands in the crontab, and what its evidence is held against.
struct JobPlan {
  let name: String
  /// Whole seconds from one occurrence to the next; nil = it is only run by hand.
  let everySeconds: Int?
  /// What it does between its two lines of evidence.
  var work = ""
  /// What it ends with.
  var exitStatus = 0
  /// What its comment sets, `overlap=allow` and the like.
  var options = ""

  /// The job's lines of a crontab. Each run writes a line as its first act and one as its last, each by one write to a
  /// file opened for appending, outside the state directory.
  var crontab: String {
    let schedule = everySeconds.map { "@every \($0)s" } ?? "0 0 29 2 *"
    let middle = work.isEmpty ? "" : "\(work); "
    let end = exitStatus == 0 ? "" : "; exit \(exitStatus)"
    return """
      # cronwatch: name=\(name) \(options)
      \(schedule) \(Self.line("begin")); \(middle)\(Self.line("end"))\(end)

      """
  }

  /// A line of evidence: job, occurrence or `-`, run, attempt, seconds since boot, and what happens.
  static func line(_ what: String) -> String {
    "read up rest < /proc/uptime; echo \"$CRONWATCH_JOB ${CRONWATCH_OCCURRENCE:--} $CRONWATCH_RUN "
      + "$CRONWATCH_ATTEMPT $up \(what)\" >> $EVIDENCE"
  }

  /// Every second, at once over.
  static let tick = JobPlan(name: "tick", everySeconds: 1)
  /// Every other second, with an exit status of its own.
  static let second = JobPlan(name: "second", everySeconds: 2, exitStatus: 3)
}

/// One line that a job wrote down itself.
struct Testimony: Hashable {
  let job: String
  /// nil for a manual run.
  let occurrence: String?
  let run: String
  let attempt: Int
  /// Seconds since boot, with two digits behind the point.
  let uptime: String
  let isBegin: Bool

  init?(_ line: Substring) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 6, let attempt = Int(words[3]), ["begin", "end"].contains(words[5]) else { return nil }
    job = String(words[0])
    occurrence = words[1] == "-" ? nil : String(words[1])
    run = String(words[2])
    self.attempt = attempt
    uptime = String(words[4])
    isBegin = words[5] == "begin"
  }
}

extension Cronwatch {
  /// Writes the crontab of these jobs.
  func plan(_ jobs: [JobPlan], then more: String = "") throws {
    try crontab(jobs.map(\.crontab).joined() + more)
  }

  /// The text of the evidence file.
  var evidenceText: String { text(sandbox.path(of: "evidence")) }

  /// What the jobs wrote down, in order.
  func testimonies(_ job: String? = nil) -> [Testimony] {
    evidenceText.split(separator: "\n").compactMap(Testimony.init).filter { job == nil || $0.job == job }
  }

  /// How many runs of the job have begun.
  func begun(_ job: String? = nil) -> Int { testimonies(job).count(where: \.isBegin) }

  /// Waits until so many more runs have begun.
  func waitForMore(_ count: Int, of job: String? = nil, seconds: Double = 30) throws {
    let wanted = begun(job) + count
    try wait("\(count) more runs of \(job ?? "any job")", seconds: seconds) { begun(job) >= wanted }
  }
}
