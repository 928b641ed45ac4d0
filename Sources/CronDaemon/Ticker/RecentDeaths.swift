import CronSystem

/// How the last processes ended that we reaped without knowing them.
///
/// The job of a dead worker becomes our child; it may end, and must be reaped, before its slot was judged.
struct RecentDeaths {
  private let capacity: Int
  private var deaths: [EndedChild] = []

  init(capacity: Int) { self.capacity = capacity }

  mutating func insert(_ death: EndedChild) {
    if deaths.count == capacity { deaths.removeFirst() }
    deaths.append(death)
  }

  /// The end of the process with that pid and start time (clock ticks since boot).
  func find(pid: Int32, startTime: UInt64) -> EndedChild? {
    deaths.last { $0.pid == pid && $0.startTime == startTime }
  }
}
