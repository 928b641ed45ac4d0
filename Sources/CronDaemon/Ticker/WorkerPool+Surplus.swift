/// Workers that nobody needs any more.
extension WorkerPool {
  /// How long a worker that nobody needs stays idle before it ends: starting one costs more than many short runs.
  private static let lingering: Int64 = 10_000_000_000

  /// Lets surplus workers end that have been idle for long.
  func trim() {
    guard waiting.isEmpty else { return }
    let idle = slots.values.filter(\.isIdle).sorted { $0.number < $1.number }
    let now = loop.monotonic()
    for slot in idle.dropFirst(max(wantedIdle, 0)) {
      let end = slot.idleSince &+ Self.lingering
      if end <= now { retire(slot) } else { loop.deadlines.setIfNone(.surplus, at: end) }
    }
  }

  /// Ends the workers that have no run, for good: one that stands still would never hear that it should.
  func endIdle() {
    for slot in slots.values {
      switch slot.state {
      case .idle, .starting: killWorker(slot)
      default: break
      }
    }
  }
}
