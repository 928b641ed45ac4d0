import CronEngine
import CronSystem
import Testing

@testable import CronDaemon

/// Which beats tell that a ticker has lived in this boot, when the ledger can't.
@Suite struct BootTests {
  private static func beat(_ boot: String, startTime: UInt64) -> Beat {
    var beat = Beat.now(tick: 1, phase: .ticking, intervalSeconds: 1, nextDue: nil)
    beat.boot = boot
    beat.startTime = startTime
    return beat
  }

  @Test func `what a start may take ends long before the watcher or status would take it for one that hangs`() {
    let settings = SupervisionSettings(beatInterval: 1_000_000_000)
    #expect(Recoverer.ledgerNanoseconds < Recoverer.budgetNanoseconds)
    #expect(Recoverer.budgetNanoseconds < min(settings.startLimit / 2, settings.staleThreshold))
  }

  @Test func `a beat is of this boot when its process began in it, not before PID 1`() throws {
    let here = BootIdentifier.current
    let first = try #require(try ProcessStatus.examine(1)).startTime
    #expect(try Recoverer.isOfThisBoot(Self.beat(here, startTime: ProcessIdentity.currentProcess.startTime)))
    #expect(try Recoverer.isOfThisBoot(Self.beat(here, startTime: first)))
    #expect(try !Recoverer.isOfThisBoot(Self.beat("another", startTime: first)))
    // A container that was restarted has the boot of its host, and another PID 1.
    if first > 0 { #expect(try !Recoverer.isOfThisBoot(Self.beat(here, startTime: first - 1))) }
  }
}
