internal import CronSystem

/// What the verdict rests on, as far as it can be told without reading a file.
///
/// While all is well and the sign stays the same, another look at a dozen files would only repeat the verdict: so the
/// watcher takes this one at each beat, and the whole verdict once a minute.
struct StatusSign: Hashable {
  private let phase: BeatPhase
  private let ticker: Int32?
  private let isReady: Bool
  /// When each was written, CLOCK_REALTIME in microseconds; nil = it isn't there.
  private let summary: Int64?
  private let failure: Int64?
  private let notice: Int64?
  private let metrics: Int64?

  /// nil = there may be something new: the last clean tick is older than `freshMicroseconds`, the program is gone, or
  /// nothing can be told.
  init?(_ state: StateDirectory, phase: BeatPhase, ticker: Int32?, isReady: Bool, freshMicroseconds: Int64) {
    guard let directory = try? state.existingDirectory(.heartbeat) else { return nil }
    func written(_ name: String) -> Int64? { try? directory.status(name)?.modifiedMicroseconds }
    guard let success = written("success") else { return nil }
    let age = SystemClock.wall() - success
    guard age >= 0, age <= freshMicroseconds else { return nil }
    if ProcessStatus.removedProgram(of: CurrentProcess.identifier) != nil { return nil }
    self.phase = phase
    self.ticker = ticker
    self.isReady = isReady
    summary = written("summary")
    failure = written("error")
    notice = written("notice")
    metrics = written("metrics")
  }
}
