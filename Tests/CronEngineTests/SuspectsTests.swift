import CronEngine
import CronTestSupport
import Testing

@Suite struct SuspectsTests {
  private static let poison = Breadcrumb(.dispatching, "alice/back up")

  @Test(arguments: [
    Breadcrumb(.dispatching, "alice/backup"), Breadcrumb(.parsing, "/etc/cron.d/a file"), Breadcrumb(.deciding),
    Breadcrumb(.replaying, "000012.log"), Breadcrumb(.loading, "a"),
  ])
  func `a breadcrumb reads as what was written`(breadcrumb: Breadcrumb) {
    #expect(Breadcrumb(breadcrumb.description) == breadcrumb)
  }

  @Test(arguments: ["", " ", "eating x", "dispatchingx"])
  func `what is no breadcrumb is none`(text: String) {
    #expect(Breadcrumb(text) == nil)
  }

  @Test(
    arguments: [
      ([poison, poison, poison], true), ([poison, poison], false), ([nil, poison, poison, poison], true),
      ([poison, nil, poison, poison], false), ([poison, poison, Breadcrumb(.loading, "alice/back up"), poison], false),
      ([poison, poison, poison, Breadcrumb(.dispatching, "other")], false), ([nil, nil, nil], false),
      (Array(repeating: Breadcrumb(.deciding), count: 5), false), (Array(repeating: poison, count: 9), true),
    ] as [([Breadcrumb?], Bool)])
  func `an input is guilty of three deaths running, and only then`(deaths: [Breadcrumb?], isGuilty: Bool) {
    var suspects = Suspects()
    for death in deaths { suspects.died(at: death) }
    #expect(suspects.convict(inSafeMode: false) == nil)
    #expect(suspects.convict(inSafeMode: true) == (isGuilty ? Self.poison : nil))
    #expect(suspects.setAside == (isGuilty ? [Self.poison] : []))
    // One verdict is enough.
    #expect(suspects.convict(inSafeMode: true) == nil)
  }

  @Test func `what is lifted has to kill three times again`() {
    var suspects = Suspects()
    for _ in 1...3 { suspects.died(at: Self.poison) }
    #expect(suspects.convict(inSafeMode: true) == Self.poison)
    suspects.lift(Self.poison)
    #expect(suspects.setAside.isEmpty)
    for _ in 1...2 { suspects.died(at: Self.poison) }
    #expect(suspects.convict(inSafeMode: true) == nil)
    suspects.died(at: Self.poison)
    #expect(suspects.convict(inSafeMode: true) == Self.poison)
  }

  @Test func `so many at a time are set aside, and no more`() {
    var suspects = Suspects()
    for number in 0..<40 {
      for _ in 1...3 { suspects.died(at: Breadcrumb(.dispatching, "\(number)")) }
      _ = suspects.convict(inSafeMode: true)
    }
    #expect(suspects.setAside.map(\.input) == (0..<Suspects.mostSetAside).map { "\($0)" })
  }
}
