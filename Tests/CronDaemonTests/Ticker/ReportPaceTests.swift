import Testing

@testable import CronDaemon

/// What a ticker tells, and what it collects for a moment.
@Suite struct ReportPaceTests {
  private func putsOff(_ pace: inout ReportPace, _ now: Int64) -> Bool { pace.putsOff(at: now) }

  @Test func `what comes after a pause is told at once, what follows is collected for 20 ms`() {
    var pace = ReportPace()
    #expect(!putsOff(&pace, 5_000_000_000))
    #expect(pace.patienceMilliseconds(at: 5_000_000_000) == nil)
    pace.told(at: 5_000_000_000)
    #expect(pace.patienceMilliseconds(at: 5_000_000_001) == nil, "nothing has happened since")
    #expect(putsOff(&pace, 5_001_000_000))
    #expect(pace.isOwed)
    #expect(pace.patienceMilliseconds(at: 5_001_000_000) == 19)
    #expect(putsOff(&pace, 5_019_999_999))
    #expect(!putsOff(&pace, 5_020_000_000))
    #expect(pace.patienceMilliseconds(at: 5_090_000_000) == 0, "it is overdue")
    pace.told(at: 5_020_000_000)
    #expect(!pace.isOwed)
    #expect(putsOff(&pace, 5_020_000_001))
  }

  @Test func `nothing is told later than 20 ms, however long the herd goes on`() {
    var pace = ReportPace()
    var (told, last): (Int, Int64) = (0, 0)
    for now in stride(from: Int64(1_000_000_000), to: 2_000_000_000, by: 300_000) where !pace.putsOff(at: now) {
      if told > 0 { #expect(now - last < ReportPace.pauseNanoseconds + 300_000) }
      pace.told(at: now)
      (told, last) = (told + 1, now)
    }
    #expect((49...50).contains(told))
  }

  @Test func `an answer that was given is told with what it did`() {
    var pace = ReportPace()
    pace.told(at: 0)
    #expect(putsOff(&pace, 1))
    pace.hurry()
    #expect(pace.patienceMilliseconds(at: 2) == 0, "nor does it wait where no tick follows")
    #expect(!putsOff(&pace, 2))
  }

  @Test func `what waited for far longer than it should is looked at anew, not told`() {
    var pace = ReportPace()
    pace.told(at: 0)
    #expect(!pace.isOverdue(at: 1_000_000_000), "nothing is owed")
    #expect(putsOff(&pace, 1))
    #expect(!pace.isOverdue(at: 99_999_999))
    #expect(pace.isOverdue(at: 100_000_000))
    pace.hurry()
    #expect(!pace.isOverdue(at: 1_000_000_000), "it is told at once")
  }
}
