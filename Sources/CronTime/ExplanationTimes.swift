/// The times of day of a recurrence in English: `at 09:30`, `every 15 minutes from 09:00 to 17:45`.
struct ExplanationTimes {
  /// So many times are named one by one.
  private static let mostTimes = 6
  /// So many stretches of hours are named by their first and last time.
  private static let mostStretches = 3

  private let seconds: [Int]
  private let minutes: [Int]
  private let hours: [Int]
  private let isEveryHour: Bool
  private let isEveryMinute: Bool
  /// Whether times are written with seconds.
  private let withSeconds: Bool
  /// Whether hours that go past midnight may be one stretch: on every day, not on chosen ones.
  private let wrapsMidnight: Bool

  init(_ recurrence: Recurrence, isDaily: Bool) {
    seconds = recurrence.values(of: .second)
    minutes = recurrence.values(of: .minute)
    hours = recurrence.values(of: .hour)
    isEveryHour = recurrence.isEvery(.hour)
    isEveryMinute = recurrence.isEvery(.minute)
    withSeconds = recurrence.seconds != 1
    wrapsMidnight = isDaily
  }

  /// Whether every hour of a day has some of its times, so that a day needs no mention.
  var areAllDay: Bool { isEveryHour }

  var text: String {
    if let times = namedTimes { return "at " + ExplanationWords.list(times) }
    return seconds.count == 1 ? minuteText : secondText
  }

  private func time(_ hour: Int, _ minute: Int, _ second: Int) -> String {
    ExplanationWords.time(hour * 3_600 + minute * 60 + second, withSeconds: withSeconds)
  }

  // MARK: Times one by one

  private var namedTimes: [String]? {
    let count = hours.count * minutes.count * seconds.count
    guard count <= Self.mostTimes else { return nil }
    // Four or more at equal distances read better as a step.
    if count >= 4, [hours, minutes, seconds].contains(where: { $0.count == count && Progression($0) != nil }) {
      return nil
    }
    if hours.count == count, count >= 4, isFewStretches { return nil }
    return hours.flatMap { hour in
      minutes.flatMap { minute in seconds.map { time(hour, minute, $0) } }
    }
  }

  // MARK: One second of some minutes

  private var minuteText: String {
    let second = seconds.first ?? 0
    let atSecond = second == 0 ? "" : " at second \(second)"
    if minutes.count == 1 { return hourText }
    if isEveryMinute { return scoped("every minute" + atSecond) }
    if let steps = Progression(minutes), steps.fills(0...59), steps.wrap(in: 0...59) == steps.step, steps.first == 0 {
      return scoped("every \(steps.step) minutes" + atSecond)
    }
    if let steps = Progression(minutes), steps.step == 1 ? steps.count >= 3 : steps.count >= 4 {
      let head = (steps.step == 1 ? "every minute" : "every \(steps.step) minutes") + atSecond
      if hours.count == 1 { return scoped(head) }
      return "\(head) from minute \(steps.first) to \(steps.last) of \(hourScope)"
    }
    let list = ExplanationWords.list(ExplanationWords.runs(minutes, name: String.init))
    return "at minutes \(list) of \(hourScope)" + (second == 0 ? "" : ", at second \(second)")
  }

  /// One minute of some hours.
  private var hourText: String {
    let minute = minutes.first ?? 0
    let second = seconds.first ?? 0
    if isEveryHour {
      if minute == 0, second == 0 { return "every hour on the hour" }
      return "every hour at minute \(minute)" + (second == 0 ? "" : " and second \(second)")
    }
    if let steps = Progression(hours), steps.step > 1 {
      return
        "every \(steps.step) hours from \(time(steps.first, minute, second)) to \(time(steps.last, minute, second))"
    }
    if isFewStretches {
      return "every hour " + windows(hourStretches, from: (minute, second), to: (minute, second))
    }
    return "at minute \(minute)" + (second == 0 ? "" : " and second \(second)") + " of \(hourScope)"
  }

  // MARK: Several seconds of a minute

  private var secondText: String {
    let steps = Progression(seconds)
    var head: String
    var isEven = false
    if let steps, steps.step == 1 ? steps.count >= 3 : steps.fills(0...59) || steps.count >= 4 {
      head = steps.step == 1 ? "every second" : "every \(steps.step) seconds"
      isEven = steps.fills(0...59) && steps.wrap(in: 0...59) == steps.step && steps.first == 0
      if !isEven { head += " from second \(steps.first) to \(steps.last)" }
    } else {
      head = "at seconds " + ExplanationWords.list(ExplanationWords.runs(seconds, name: String.init))
    }
    if isEveryMinute, isEven { return scoped(head) }
    if isEveryMinute { return "\(head) of every minute" + (isEveryHour ? "" : " of \(hourScope)") }
    if isEven, hours.count == 1, let first = minutes.first, let last = minutes.last, last - first + 1 == minutes.count {
      return head + " " + windows([hours], from: (first, seconds.first ?? 0), to: (last, seconds.last ?? 0))
    }
    return "\(head) of \(minuteScope) of \(hourScope)"
  }

  // MARK: Scopes

  private var minuteScope: String {
    if minutes.count == 1 { return "minute \(minutes[0])" }
    if let steps = Progression(minutes), steps.step > 1, steps.count >= 4 {
      return "every \(ExplanationWords.ordinal(steps.step)) minute from \(steps.first) to \(steps.last)"
    }
    return "minutes " + ExplanationWords.list(ExplanationWords.runs(minutes, name: String.init))
  }

  private var hourScope: String {
    if isEveryHour { return "every hour" }
    if hours.count == 1 { return "hour \(hours[0])" }
    return "the hours " + ExplanationWords.list(ExplanationWords.runs(hours, name: String.init))
  }

  /// Whether hours are well said as stretches rather than one by one.
  private var isFewStretches: Bool {
    let stretches = hourStretches
    return stretches.count <= Self.mostStretches && stretches.contains { $0.count > 2 }
  }

  /// Hours as stretches; the one past midnight is put together where days allow it.
  private var hourStretches: [[Int]] {
    var stretches = ExplanationWords.stretches(hours)
    guard wrapsMidnight, stretches.count > 1, let first = stretches.first, let last = stretches.last, first.first == 0,
      last.last == 23
    else { return stretches }
    stretches.removeFirst()
    stretches[stretches.count - 1] = last + first
    return stretches
  }

  /// A head with the hours in which it holds.
  private func scoped(_ head: String) -> String {
    if isEveryHour { return head }
    let stretches = hourStretches
    guard stretches.count <= Self.mostStretches else { return "\(head) in \(hourScope)" }
    let first = (minutes.first ?? 0, seconds.first ?? 0)
    return "\(head) " + windows(stretches, from: first, to: (minutes.last ?? 0, seconds.last ?? 0))
  }

  private func windows(_ stretches: [[Int]], from: (Int, Int), to: (Int, Int)) -> String {
    ExplanationWords.list(
      stretches.map { hours in
        let first = time(hours.first ?? 0, from.0, from.1)
        let last = time(hours.last ?? 0, to.0, to.1)
        return first == last ? "at \(first)" : "from \(first) to \(last)"
      })
  }
}
