import CronSystem
import CronTestSupport
import CronTime
import Testing

@testable import CronDaemon

@Suite struct BeatTests {
  private static let beat = Beat(
    wallSeconds: 1_781_784_000, pid: 4321, startTime: 987_654, boot: "0f3b7a52-8a55-4d0a-9d4e-0a7f4f6b8b11",
    monotonicNanoseconds: 10_000_000_000_000, tick: 42, phase: .ticking, intervalSeconds: 5, nextDue: 1_781_784_060)

  @Test func `a beat is 512 bytes, begins with the epoch seconds and ends with its checksum`() {
    let bytes = Self.beat.encoded()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(bytes.count == 512)
    #expect(text.hasPrefix("1781784000\n"))
    #expect(text.split(separator: "\n").last?.hasPrefix("crc32c=") == true)
    #expect(text.hasSuffix("\n"))
  }

  @Test func `what was written is read`() {
    #expect(Beat(decoding: Self.beat.encoded()) == Self.beat)
    var without = Self.beat
    without.nextDue = nil
    without.wallSeconds = -5
    #expect(Beat(decoding: without.encoded()) == without)
  }

  @Test func `a beat with one changed byte is none`() {
    let bytes = Self.beat.encoded()
    for index in bytes.indices {
      var torn = bytes
      torn[index] ^= 0x01
      #expect(Beat(decoding: torn) == nil, "byte \(index)")
    }
  }

  @Test func `half of one beat and half of another is none`() {
    var later = Self.beat
    later.tick += 1
    later.wallSeconds += 5
    later.monotonicNanoseconds += 5_000_000_000
    for cut in stride(from: 8, to: 512, by: 8) {
      let mixed = Array(later.encoded()[..<cut] + Self.beat.encoded()[cut...])
      #expect(Beat(decoding: mixed).map { $0 == Self.beat || $0 == later } ?? true)
    }
  }

  @Test(.acceptance(30)) func `a beat ten thousand seconds old reads as older than nine thousand`() throws {
    let now = BeatMoment(
      wallSeconds: 0, monotonicNanoseconds: Self.beat.monotonicNanoseconds + 10_000_000_000_000, boot: Self.beat.boot)
    let age = try #require(BeatAge.age(of: .beat(Self.beat), now: now).seconds)
    #expect(age > 9_000)
    #expect(age == 10_000)
  }

  @Test(.acceptance(50)) func `a beat from the future has no age`() {
    let now = BeatMoment(
      wallSeconds: Self.beat.wallSeconds, monotonicNanoseconds: Self.beat.monotonicNanoseconds - 1,
      boot: Self.beat.boot)
    #expect(BeatAge.age(of: .beat(Self.beat), now: now) == .unknown)
    let otherBoot = BeatMoment(
      wallSeconds: Self.beat.wallSeconds - 1, monotonicNanoseconds: .max, boot: "another")
    #expect(BeatAge.age(of: .beat(Self.beat), now: otherBoot) == .unknown)
    #expect(!BeatAge.unknown.isWithin(.max))
  }

  @Test func `a step of the wall clock doesn't change an age within one boot`() {
    for wall in [Int64.min, 0, Int64.max] {
      let now = BeatMoment(
        wallSeconds: wall, monotonicNanoseconds: Self.beat.monotonicNanoseconds + 3_000_000_000, boot: Self.beat.boot)
      #expect(BeatAge.age(of: .beat(Self.beat), now: now) == .seconds(3))
    }
  }

  @Test func `an age in another boot is the wall clock's`() {
    let now = BeatMoment(wallSeconds: Self.beat.wallSeconds + 90, monotonicNanoseconds: 1, boot: "another")
    #expect(BeatAge.age(of: .beat(Self.beat), now: now) == .seconds(90))
  }

  @Test(.acceptance(27), arguments: [BeatReading.missing, .damaged, .unreadable("EACCES")])
  func `what can't be read has no age`(reading: BeatReading) {
    let now = BeatMoment(wallSeconds: 1, monotonicNanoseconds: 1, boot: "boot")
    #expect(BeatAge.age(of: reading, now: now) == .unknown)
  }

  @Test func `thresholds saturate`() {
    #expect(Beat.staleAfter(intervalSeconds: .max) == .max)
    #expect(Beat.staleAfter(intervalSeconds: -1) == 20)
    #expect(Beat.staleAfter(intervalSeconds: .min) == 20)
  }
}
