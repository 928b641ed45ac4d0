import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

@Suite final class StatusSignTests {
  private let sandbox: Sandbox
  private let state: StateDirectory

  init() throws {
    sandbox = try Sandbox()
    state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    _ = try state.directory(.heartbeat)
    try sandbox.write("state/heartbeat/success", "a beat")
    try sandbox.write("state/heartbeat/summary", "a summary")
  }

  private func sign(
    phase: BeatPhase = .watching, ticker: Int32? = 7, isReady: Bool = true, freshMicroseconds: Int64 = 3_600_000_000
  ) -> StatusSign? {
    StatusSign(state, phase: phase, ticker: ticker, isReady: isReady, freshMicroseconds: freshMicroseconds)
  }

  @Test func `it stays the same while nothing new is said, and no longer`() throws {
    let first = try #require(sign())
    #expect(sign() == first)
    // Beats come and go.
    try sandbox.write("state/heartbeat/ticker", "a beat")
    #expect(sign() == first)
    #expect(sign(phase: .aborting) != first)
    #expect(sign(ticker: 8) != first)
    #expect(sign(isReady: false) != first)
    for name in ["error", "notice", "metrics"] {
      let before = sign()
      try sandbox.write("state/heartbeat/" + name, "news")
      #expect(sign() != before, "\(name)")
    }
    try state.directory(.heartbeat).unlink("summary")
    #expect(sign() != first)
  }

  @Test func `there is none when no clean tick is fresh, or nothing can be told`() throws {
    #expect(sign(freshMicroseconds: -1) == nil)
    try state.directory(.heartbeat).unlink("success")
    #expect(sign() == nil)
    Sandbox.remove(sandbox.path(of: "state/heartbeat"))
    #expect(sign() == nil)
  }
}
