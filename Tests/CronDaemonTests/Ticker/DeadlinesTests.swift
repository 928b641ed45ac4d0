import Testing

@testable import CronDaemon

@Suite struct DeadlinesTests {
  @Test func `what every turn of the loop asks for isn't put off by the next turn`() {
    var deadlines = Deadlines()
    for now in stride(from: 0 as Int64, through: 40, by: 10) { deadlines.setIfNone(.storage, at: now + 50) }
    #expect(deadlines.earliest == 50)
    #expect(deadlines.passed(at: 49).isEmpty)
    #expect(deadlines.passed(at: 50) == [.storage])
    deadlines.setIfNone(.storage, at: 110)
    #expect(deadlines.earliest == 110)
  }
}
