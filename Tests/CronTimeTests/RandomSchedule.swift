import CronTestRandom

/// A generator with a seed (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}

/// Random cron expressions that are accepted.
enum RandomSchedule {
  /// Five fields, or six with seconds.
  static func text(using random: inout SeededGenerator) -> String {
    let text = minuteText(using: &random)
    return Int.random(in: 0..<5, using: &random) == 0 ? "\(field(0...59, using: &random)) \(text)" : text
  }

  /// Five fields.
  static func minuteText(using random: inout SeededGenerator) -> String {
    [
      field(0...59, using: &random), field(0...23, using: &random), field(1...31, using: &random),
      field(1...12, using: &random), field(0...7, using: &random),
    ].joined(separator: " ")
  }

  /// Expressions whose times lie where clocks are changed.
  static func textNearMidnight(using random: inout SeededGenerator) -> String {
    let minutes = ["*", "*/15", "0", "30", "0,30", "10-40", "*/20", "45", "59"]
    let hours = ["*", "0", "1", "2", "3", "1-3", "2,3", "*/2", "23-1", "0-4", "*/3"]
    let days = ["* * *", "* * *", "* * sun", "*/2 * *", "1-14 * sat", "* 3,4,10,11 *"]
    return [minutes, hours, days].map { $0.randomElement(using: &random) ?? "*" }.joined(separator: " ")
  }

  /// Anything that a cron expression can say: seconds, years, days that depend on the month, names.
  static func anyText(using random: inout SeededGenerator) -> String {
    switch Int.random(in: 0..<10, using: &random) {
    case 0...2: return textNearMidnight(using: &random)
    case 3...5: return fewTimesText(using: &random)
    default: break
    }
    let isRelative = Int.random(in: 0..<2, using: &random) == 0
    var fields = minuteText(using: &random).split(separator: " ").map(String.init)
    if isRelative {
      fields[2] = daysOfMonth.randomElement(using: &random) ?? "*"
      fields[3] = months.randomElement(using: &random) ?? "*"
      fields[4] = weekdays.randomElement(using: &random) ?? "*"
    }
    if Int.random(in: 0..<6, using: &random) == 0 { fields.insert(field(0...59, using: &random), at: 0) }
    if fields.count == 6, Int.random(in: 0..<3, using: &random) == 0 {
      fields.append(["*", "2020-2040", "1999,2031,2077", "2000-2098/2"].randomElement(using: &random) ?? "*")
    }
    return fields.joined(separator: " ")
  }

  private static let daysOfMonth = [
    "L", "L-3", "L-30", "LW", "15W", "1W", "2w", "31w", "L-2W", "L-27W", "1,15,L", "?", "*", "*", "10-20", "28-3", "31",
  ]
  private static let weekdays = [
    "5L", "friL", "0#1", "mon#5", "7#2,3", "0L,6#5", "?", "*", "*", "mon-fri", "SAT-SUN", "5-1", "0-7/3", "7-2",
  ]
  private static let months = ["*", "*", "*", "*/3", "jan,jul", "feb", "11-2"]

  /// Few times of rare days, so that many days can be walked; mostly one day field says all.
  private static func fewTimesText(using random: inout SeededGenerator) -> String {
    var day = daysOfMonth.randomElement(using: &random) ?? "*"
    var weekday = weekdays.randomElement(using: &random) ?? "*"
    switch Int.random(in: 0..<5, using: &random) {
    case 0, 1: weekday = ["*", "?"].randomElement(using: &random) ?? "*"
    case 2, 3: day = ["*", "?", "*/2"].randomElement(using: &random) ?? "*"
    default: break
    }
    let times = ["0 0", "30 2", "*/30 2", "0 1,3", "59 23", "15,45 0", "0 */12"].randomElement(using: &random) ?? "0 0"
    return "\(times) \(day) \(months.randomElement(using: &random) ?? "*") \(weekday)"
  }

  private static func field(_ range: ClosedRange<Int>, using random: inout SeededGenerator) -> String {
    switch Int.random(in: 0..<10, using: &random) {
    case 0...4: return "*"
    case 5: return "*/\(Int.random(in: 1...range.upperBound - max(range.lowerBound, 1), using: &random))"
    case 6: return "*/\(Int.random(in: 2...5, using: &random)),\(element(range, using: &random))"
    default:
      let count = Int.random(in: 1...3, using: &random)
      return (0..<count).map { _ in element(range, using: &random) }.joined(separator: ",")
    }
  }

  private static func element(_ range: ClosedRange<Int>, using random: inout SeededGenerator) -> String {
    let first = Int.random(in: range, using: &random)
    let last = Int.random(in: range, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0...2: return "\(first)"
    case 3, 4: return "\(first)-\(last)"
    default: return first < last ? "\(first)-\(last)/\(Int.random(in: 1...last - first, using: &random))" : "\(first)"
    }
  }
}
