import CronConfig
import CronEngine
import CronSystem

/// A reload that drops most jobs: it counts, and it is said until the jobs are back or `cronwatch reload` accepts it.
extension Ticker {
  private static let fileName = "expected-jobs"
  private static let fileSize = 128

  /// Compares the table that is loaded with what was there.
  func countJobs(_ loaded: JobTable) {
    var loss = jobLoss ?? JobLoss(expected: rememberedJobs())
    let isNews = !loss.isStanding
    if loss.loaded(loaded.jobs.count) { remember(loss) }
    if isNews, let sentence = loss.sentence { log.warning("most jobs are gone", LogField("what", sentence)) }
    jobLoss = loss
    problems["jobs"] = loss.sentence
  }

  /// Somebody asks for a reload: what status has said before is accepted by that; what the reload brings is not.
  func reloadIsAsked() {
    if jobLoss?.isStanding == true, jobLoss?.accept() == true {
      log.info("the loss of jobs is accepted", LogField("jobs", table.jobs.count))
      if let jobLoss { remember(jobLoss) }
      problems["jobs"] = nil
    }
    startReader()
  }

  /// Other sources are expected to have other jobs.
  private var sourcesChecksum: UInt32 {
    CRC32C.checksum(Array(([arguments.configuration] + arguments.crontabs).joined(separator: "\n").utf8))
  }

  /// Written in place and never synced: no disk that hangs may keep the loop.
  private var memory: InPlaceFile { InPlaceFile(state, .lastGood, Self.fileName, capacity: Self.fileSize) }

  private func remember(_ loss: JobLoss) {
    let text = "\(sourcesChecksum) \(loss.expected)"
    // A disk that refuses it costs the comparison after a restart.
    _ = memory.write(SealedText.seal(Array(text.utf8), size: Self.fileSize))
  }

  private func rememberedJobs() -> Int? {
    do throws(Errno) {
      guard let bytes = try memory.read(), let body = SealedText.open(bytes[...]) else { return nil }
      let words = body.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 2, UInt32(words[0]) == sourcesChecksum else { return nil }
      return Int(words[1])
    } catch {
      return nil
    }
  }
}
