/// One zone's offsets, ready for binary search; shared by all copies of a `Zone`.
final class ZoneTable: Sendable {
  /// A stretch of time with one offset: instants `start ..< end`.
  struct Segment {
    var start: Int64
    var end: Int64
    var offset: Int64
  }

  /// The first year that is computed from the rule at each look-up instead of standing in the table.
  static let lastTableYear = 2201
  private static let cycleSeconds = Calendar.daysPerCycle * Calendar.secondsPerDay

  /// Beginnings of the segments after the first one, ascending.
  private let starts: [Int64]
  /// Offsets of all segments in seconds: one more than `starts`.
  private let offsets: [Int32]
  private let typeIndices: [UInt8]
  private let types: [ZoneOffset]
  private let rule: PosixRule?
  /// For each stretch of 2^24 seconds (194 days) from 1970 to 2201: the segment at its beginning. Zones change a few
  /// times in such a stretch at most, so a look-up is one step and hardly ever more than two others.
  private let firstSegments: [UInt16]
  private static let stretchBits: Int64 = 24
  /// From here on the rule is evaluated at each look-up.
  private let ruleStart: Int64

  /// A zone without changes.
  init(fixed type: ZoneOffset) {
    (starts, offsets, typeIndices) = ([], [Int32(type.utcOffsetSeconds)], [0])
    (types, rule, ruleStart) = ([type], nil, .max)
    firstSegments = []
  }

  init(_ contents: TZifContents) {
    var types = contents.types
    var starts = contents.transitions
    var indices: [UInt8] = [0] + contents.typeIndices
    var ruleStart = Int64.max
    if let rule = contents.rule {
      // What the rule says up to 2200 becomes table entries: one kind of look-up for every instant that matters.
      let standard = Self.index(of: rule.standard, in: &types)
      let daylight = Self.index(of: rule.type(isDaylight: true), in: &types)
      let last = starts.last
      if last == nil { indices = [standard] }
      let firstYear = last.map { CivilDateTime(secondsSinceEpoch: $0).year - 1 } ?? 1900
      if firstYear < Self.lastTableYear {
        for event in rule.events(inYears: firstYear...Self.lastTableYear) where last.map({ event.at > $0 }) ?? true {
          starts.append(event.at)
          indices.append(event.isDaylight ? daylight : standard)
        }
      }
      if rule.daylight != nil {
        ruleStart = Int64(Calendar.days(year: Self.lastTableYear, month: 1, day: 1)) * Calendar.secondsPerDay
        ruleStart = max(ruleStart, last ?? .min)
      }
    }
    self.starts = starts
    self.typeIndices = indices
    self.types = types
    self.ruleStart = ruleStart
    offsets = indices.map { Int32(types[Int($0)].utcOffsetSeconds) }
    rule = contents.rule
    firstSegments = Self.firstSegments(starts)
  }

  /// What the clocks show from when on: the first stretch has no beginning, the last one no end.
  var stretches: [(start: Int64, type: ZoneOffset)] {
    zip([.min] + starts, typeIndices).map { ($0, types[Int($1)]) }
  }

  private static func index(of type: ZoneOffset, in types: inout [ZoneOffset]) -> UInt8 {
    if let index = types.firstIndex(of: type) { return UInt8(index) }
    // A full table (256 types) exists in no zone; its last type is replaced rather than trapping.
    if types.count > 255 { types.removeLast() }
    types.append(type)
    return UInt8(types.count - 1)
  }

  private static func firstSegments(_ starts: [Int64]) -> [UInt16] {
    guard starts.count < Int(UInt16.max) else { return [] }
    let last = Int64(Calendar.days(year: lastTableYear, month: 1, day: 1)) * Calendar.secondsPerDay >> stretchBits
    var index = 0
    return (0...last).map { stretch in
      while index < starts.count, starts[index] <= stretch << stretchBits { index += 1 }
      return UInt16(index)
    }
  }

  /// Index of the segment that holds the instant: how many starts are ≤ it.
  @inline(__always)
  private func index(at seconds: Int64) -> Int {
    let stretch = seconds >> Self.stretchBits
    if stretch >= 0, stretch < firstSegments.count {
      var index = Int(firstSegments[Int(stretch)])
      while index < starts.count, starts[index] <= seconds { index &+= 1 }
      return index
    }
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low &+ high) >> 1
      if starts[middle] <= seconds { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  /// The stretch with one offset around an instant; exact for instants before 2201.
  func segment(at seconds: Int64) -> Segment {
    segment(index: index(at: seconds))
  }

  private func segment(index: Int) -> Segment {
    Segment(
      start: index == 0 ? .min : starts[index - 1], end: index == starts.count ? .max : starts[index],
      offset: Int64(offsets[index]))
  }

  /// What the zone's clocks show at an instant, for any year.
  func type(at seconds: Int64) -> ZoneOffset {
    guard seconds >= ruleStart, let rule else { return types[Int(typeIndices[index(at: seconds)])] }
    let (folded, _) = Self.foldedIntoCycle(seconds)
    let year = CivilDateTime(secondsSinceEpoch: folded).year
    let event = rule.events(inYears: year - 1...year + 1).last { $0.at <= folded }
    return rule.type(isDaylight: event?.isDaylight ?? false)
  }

  /// The first change after an instant at which offset, daylight flag or abbreviation differ; nil when none follows.
  func nextTransition(after seconds: Int64) -> Transition? {
    var index = index(at: seconds)
    while index < starts.count, starts[index] < ruleStart {
      let before = types[Int(typeIndices[index])]
      let after = types[Int(typeIndices[index + 1])]
      if before != after { return Transition(at: starts[index], before: before, after: after) }
      index += 1
    }
    guard let rule else { return nil }
    let (folded, shift) = Self.foldedIntoCycle(max(seconds, ruleStart - 1))
    guard ruleStart != .max, shift < .max - Self.cycleSeconds else { return nil }
    let year = CivilDateTime(secondsSinceEpoch: folded).year
    for event in rule.events(inYears: year - 1...year + 2) where event.at > folded {
      let after = rule.type(isDaylight: event.isDaylight)
      let before = type(at: event.at - 1 + shift)
      if before != after { return Transition(at: event.at + shift, before: before, after: after) }
    }
    return nil
  }

  /// The same moment of the 400-year cycle that begins in 2000, and how far it was moved.
  private static func foldedIntoCycle(_ seconds: Int64) -> (folded: Int64, shift: Int64) {
    let base: Int64 = 946_684_800
    let cycles = floorDivide(seconds.subtractingSaturating(base), by: cycleSeconds)
    return (seconds &- cycles &* cycleSeconds, cycles &* cycleSeconds)
  }
}
