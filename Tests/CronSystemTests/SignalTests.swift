import CronSystem
import CronTestSupport
import Glibc
import Testing

@Suite struct SignalTests {
  @Test func `signals arrive by descriptor with their sender, the fatal ones still kill`() async {
    await #expect(processExitsWith: .signal(SIGABRT)) {
      let descriptor = try SignalDescriptor()
      #expect(try descriptor.read() == [])
      for number in [Signal.terminate, Signal.hangUp, Signal.child, Signal.user1, highestSignal] {
        raise(number)  // to this thread: the test process has others, which block nothing
        let poller = try Poller()
        try poller.add(descriptor.raw, token: 1)
        #expect(try poller.wait(timeoutMilliseconds: 20_000).count == 1)
        let received = try descriptor.readInformation()
        #expect(received.map(\.number) == [number])
        #expect(received.map(\.senderIdentifier) == [getpid()])
      }
      raise(SIGABRT)
    }
  }

  @Test func `writing to a pipe without a reader is an error, not a death`() async {
    await #expect(processExitsWith: .success) {
      try SignalDescriptor.blockSignals()
      var pipe = try Pipe()
      try pipe.takeReadEnd().close()
      let writer = pipe.takeWriteEnd()
      #expect(throws: Errno.brokenPipe) { try writer.write([1]) }
    }
  }

  @Test func `exec gives the next program an empty mask and default signals`() async throws {
    let result = try #require(
      await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
        try SignalDescriptor.blockSignals()
        #expect(throws: Errno.noEntry) {
          try CurrentProcess.exec("/nonexistent", arguments: ["x"], environment: [])
        }
        try CurrentProcess.exec(
          "/bin/sh", arguments: ["sh", "-c", "grep -E '^Sig(Blk|Ign)' /proc/self/status; echo $A"],
          environment: ["A=b", "PATH=/usr/bin:/bin"])
      })
    let text = String(decoding: result.standardOutputContent, as: UTF8.self)
    #expect(text.contains("SigBlk:\t0000000000000000\n"))
    // 32 and 33 belong to glibc, whose posix_spawn leaves them ignored in the test's own process.
    let ignored = text.split(separator: "\n").first { $0.hasPrefix("SigIgn:\t") }?.dropFirst(8) ?? ""
    #expect(UInt64(ignored, radix: 16).map { $0 & ~(3 << 31) } == 0)
    #expect(text.contains("\nb\n"))
  }

  @Test(arguments: [(Signal.kill, "KILL"), (Signal.terminate, "TERM"), (Signal.resume, "CONT"), (40, "40")])
  func `names are those of kill -l`(number: Int32, name: String) {
    #expect(Signal.name(number) == name)
    #expect(Signal.number(named: "sig\(name)") == (number < 32 ? number : nil))
  }
}

/// The highest real-time signal; SIGRTMAX is no constant.
let highestSignal: Int32 = 64
