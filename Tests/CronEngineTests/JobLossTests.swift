import CronEngine
import Testing

@Suite struct JobLossTests {
  /// Numbers of jobs one after another, and whether the last is said.
  static let rows: [([Int], Bool)] = [
    ([100], false), ([0], false), ([100, 50], false), ([100, 49], true), ([100, 49, 50], false), ([100, 2, 2], true),
    ([100, 60, 35, 20, 12], false), ([100, 0], true), ([2, 0], true), ([1, 0], false), ([3, 1], true), ([4, 2], false),
    ([100, 2, 100], false), ([100, 2, 100, 2], true), ([100, 200, 99], true), ([-5, -1], false),
  ]

  @Test(arguments: rows)
  func `fewer than half of the jobs are said until they are back`(_ counts: [Int], isSaid: Bool) {
    var loss = JobLoss(expected: nil)
    for count in counts { _ = loss.loaded(count) }
    #expect(loss.isStanding == isSaid)
    #expect((loss.sentence != nil) == isSaid)
  }

  @Test func `it is said after a restart too, and no more once it is accepted`() {
    var first = JobLoss(expected: nil)
    let (isNew, isLess) = (first.loaded(100), first.loaded(3))
    #expect(isNew && !isLess)
    var second = JobLoss(expected: first.expected)
    _ = second.loaded(3)
    #expect(second.sentence?.contains("3 of the 100 jobs") == true)
    let isAccepted = second.accept()
    #expect(isAccepted && !second.isStanding && second.expected == 3)
    let isNews = second.accept()
    #expect(!isNews)
    let isLater = second.loaded(2)
    #expect(isLater && !second.isStanding)
  }
}
