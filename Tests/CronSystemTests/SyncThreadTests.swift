import CronSystem
import CronTestRandom
import CronTestSupport
import Testing

@Suite struct SyncThreadTests {
  @Test func `completes every request in order and tells each error`() throws {
    let sandbox = try Sandbox()
    let thread = try SyncThread()
    let file = try sandbox.directory.openFile("ledger", [.write, .create])
    let pipe = try Pipe()
    try file.write(bytes("claim"))
    #expect(try thread.takeCompletions() == [])
    try thread.submit(file.raw, token: 1)
    try thread.submit(pipe.writeRaw, token: .max)  // fdatasync(2): EINVAL for a pipe
    try thread.submit(file.raw, token: 3)
    let poller = try Poller()
    try poller.add(thread.raw, token: 9)
    var completions: [SyncThread.Completion] = []
    while completions.count < 3 {
      try #require(try poller.wait(timeoutMilliseconds: 20_000).isEmpty == false)
      completions += try thread.takeCompletions()
    }
    #expect(completions.map(\.token) == [1, .max, 3])
    #expect(completions.map(\.error) == [nil, .invalidArgument, nil])
    #expect(try poller.wait(timeoutMilliseconds: 0) == [])
  }

  @Test func `the thread takes no signal and ends with its owner`() async {
    await #expect(processExitsWith: .success) {
      let before = try threadIdentifiers()
      do {
        let thread = try SyncThread()
        let own = try #require(try threadIdentifiers().subtracting(before).first)
        let status = try FileDescriptor.open("/proc/self/task/\(own)/status", .read).readToEnd(limit: 1 << 16)
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("SigBlk") }
        let mask = try #require(UInt64(line?.dropFirst(8) ?? "", radix: 16))
        // KILL and STOP can't be blocked; 32 and 33 belong to glibc.
        #expect(mask | (1 << 8) | (1 << 18) | (3 << 31) == .max)
        #expect(thread.raw > 2)
      }
      try waitUntil("the thread ends") { try threadIdentifiers().isSubset(of: before) }
    }
  }
}

private func threadIdentifiers() throws -> Set<String> { Set(try Directory.open("/proc/self/task").list()) }

@Suite struct ChecksumTests {
  /// RFC 3720 appendix B.4, and the check value of the CRC catalogue.
  private static let published: [(input: [UInt8], checksum: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E), ([UInt8]((0..<32).reversed()), 0x113F_DB5C), (bytes("123456789"), 0xE306_9283),
    ([], 0),
  ]

  @Test(arguments: published)
  func `agrees with the published values`(input: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(input) == expected)
  }

  @Test func `instruction and table agree on every length and start, in one go or in parts`() {
    var generator = SeededGenerator(seed: 1)
    for length in 0..<200 {
      let input = (0..<length + 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let part = input[(length % 3)...]
      let whole = CRC32C.checksum(part)
      #expect(whole == portableChecksumForTest(Array(part)))
      let middle = part.startIndex + part.count / 2
      #expect(CRC32C.checksum(part[middle...], seed: CRC32C.checksum(part[..<middle])) == whole)
    }
  }
}

/// Bit by bit, from the polynomial.
private func portableChecksumForTest(_ bytes: [UInt8]) -> UInt32 {
  var crc: UInt32 = .max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
  }
  return ~crc
}
