import CronSystem
import CronTestSupport
import Testing

@Suite struct ErrnoTests {
  @Test(arguments: [
    (Errno.noSpace, "ENOSPC: No space left on device"), (.noEntry, "ENOENT: No such file or directory"),
    (.wouldBlock, "EAGAIN: Resource temporarily unavailable"), (Errno(rawValue: 99999), "E?: unknown error"),
  ])
  func `says symbol and text`(error: Errno, text: String) {
    #expect(error.description == text)
  }

  @Test func `a descriptor that isn't open is a bug and says so on descriptor 2`() async throws {
    let result = try #require(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let file = FileDescriptor(owning: 4000)
        _ = try file.read(upTo: 1)
      })
    let text = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(text.contains("cronwatch: invariant broken: a system call gave EBADF"))
  }

  @Test func `closing a number behind its owner is a bug`() async throws {
    await #expect(processExitsWith: .failure) {
      let pipe = try Pipe()
      FileDescriptor(owning: pipe.readRaw).release().closeForTest()
      _ = pipe
    }
  }
}

extension Int32 {
  /// Closes the number as a bug would.
  func closeForTest() { _ = try? FileDescriptor(owning: self).close() }
}
