import Testing

@testable import CronDaemon

@Suite struct OtherCronTests {
  private let locks = """
    1: FLOCK  ADVISORY  WRITE 812 08:01:131 0 EOF
    1: -> FLOCK  ADVISORY  WRITE 900 08:01:131 0 EOF
    2: POSIX  ADVISORY  WRITE 77 fd:00:4711 0 EOF
    3: OFDLCK ADVISORY  WRITE -1 fd:00:4712 0 EOF
    """

  @Test(
    arguments: [
      (131, 812), (4711, 77), (4712, nil), (13, nil), (71, nil),
    ] as [(UInt64, Int32?)])
  func `the holder of a pid file's lock is read from the kernel's list`(inode: UInt64, holder: Int32?) {
    #expect(OtherCron.holder(of: inode, in: locks) == holder)
  }

  @Test func `a list that can't be understood names nobody`() {
    #expect(OtherCron.holder(of: 1, in: "") == nil)
    #expect(OtherCron.holder(of: 1, in: "1: FLOCK 1\n::::\n") == nil)
  }
}
