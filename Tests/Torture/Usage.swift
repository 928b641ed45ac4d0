import CronSystem
import CronWire
import EndToEndSupport

/// What the processes of one instance cost at one moment.
struct UsageSample {
  /// Of the watcher, of the ticker, and of the worker that costs most.
  var byRole: [String: ProcessUsage] = [:]
  /// The ticker's children: its workers, and at times a reader.
  var workers = 0

  /// Looks at all of them; a process that ends meanwhile isn't counted.
  static func look(_ state: String) -> UsageSample {
    let victims = Victims.look(state).byRole
    var sample = UsageSample()
    for role in ["watcher", "ticker", "worker"] {
      let pids = (victims[role] ?? []).map(\.pid)
      // Workers come and go within milliseconds: only those count that are there when the descriptors are counted.
      let before = role == "ticker" ? mostChildren(pids) : 0
      sample.byRole[role] = pids.compactMap(ProcessUsage.read).max { $0.writtenKiB < $1.writtenKiB }
      if role == "ticker" { sample.workers = max(before, mostChildren(pids)) }
    }
    return sample
  }

  /// Until it executes, what a ticker has just spawned looks like another ticker, without children.
  private static func mostChildren(_ pids: [Int32]) -> Int {
    pids.map { ProcessStatus.children(of: $0).count }.max() ?? 0
  }

  /// Which limit of descriptors is broken; nil = none. One more client than ours may be answered just now.
  var excess: String? {
    let (watcher, ticker) = (byRole["watcher"]?.descriptors ?? 0, byRole["ticker"]?.descriptors ?? 0)
    let limit = ProcessUsage.tickerDescriptors(workers: workers)
    if watcher > ProcessUsage.watcherDescriptors { return "the watcher has \(watcher) descriptors" }
    return ticker > limit ? "the ticker has \(ticker) descriptors beside \(workers) workers" : nil
  }
}

/// Samples of a campaign, and what they say of growth.
struct UsageRecord {
  /// What a figure may move without being growth: an allocator keeps what it was given once. The watcher does the same
  /// with every restart: nothing.
  static let (slackKiB, restartSlackKiB) = (96, 0)

  private(set) var samples: [UsageSample] = []

  mutating func append(_ sample: UsageSample) { samples.append(sample) }

  /// The median of a figure over a part of the samples, in thousandths from the first to the last.
  private func median(_ part: Range<Int>, _ figure: (UsageSample) -> Int?) -> Int? {
    let window = samples[(samples.count * part.lowerBound / 1_000)..<(samples.count * part.upperBound / 1_000)]
    let values = window.compactMap(figure).sorted()
    return values.isEmpty ? nil : values[values.count / 2]
  }

  func most(_ role: String, _ figure: (ProcessUsage) -> Int) -> Int {
    samples.compactMap { $0.byRole[role].map(figure) }.max() ?? 0
  }

  /// What grew from the steady state after the warm-up (a fifth of the time) to the end.
  func findings(roles: [String], slackKiB: Int = Self.slackKiB) -> [String] {
    var found: [String] = []
    for role in roles {
      for (what, figure, slack) in Self.figures(role, slackKiB) {
        guard let before = median(Self.warm, figure), let after = median(Self.end, figure) else {
          found.append("\(role): too few samples")
          continue
        }
        if after > before + slack { found.append("\(role): \(what) grew from \(before) to \(after)") }
      }
    }
    // A single look may meet descriptors that are open for a moment.
    let excesses = samples.compactMap(\.excess)
    if excesses.count > samples.count / 50 { found.append("\(excesses.count) times \(excesses[0])") }
    return found
  }

  /// When all that is kept has been allocated, and the end, in thousandths of the time.
  private static let (warm, end) = (200..<400, 800..<1_000)

  private static func written(_ role: String) -> (UsageSample) -> Int? { { $0.byRole[role]?.writtenKiB } }

  /// A ticker has up to four for each worker that it happens to have: what it has beyond them must not grow.
  private static func descriptors(_ role: String) -> (UsageSample) -> Int? {
    { sample in sample.byRole[role].map { max(0, $0.descriptors - (role == "ticker" ? 4 * sample.workers : 0)) } }
  }

  private static func figures(_ role: String, _ slackKiB: Int) -> [(String, (UsageSample) -> Int?, Int)] {
    [("KiB of private pages", written(role), slackKiB), ("descriptors", descriptors(role), 8)]
  }

  /// The figures of a role for a result file.
  func json(_ role: String) -> JSONValue {
    func integer(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
    return [
      "private_kib_after_warm_up": integer(median(Self.warm, Self.written(role))),
      "private_kib_at_end": integer(median(Self.end, Self.written(role))),
      "private_kib_most": integer(most(role, \.writtenKiB)),
      "pss_kib_at_end": integer(median(Self.end) { $0.byRole[role]?.proportionalKiB }),
      "descriptors_after_warm_up": integer(median(Self.warm, Self.descriptors(role))),
      "descriptors_at_end": integer(median(Self.end, Self.descriptors(role))),
      "descriptors_most": integer(most(role, \.descriptors)),
    ]
  }

  /// The figures of a role in a few words.
  func words(_ role: String) -> String {
    func shown(_ figure: (UsageSample) -> Int?) -> String {
      [median(Self.warm, figure), median(Self.end, figure)].map { $0.map(String.init) ?? "?" }.joined(separator: " → ")
    }
    return "\(role) \(shown(Self.written(role))) KiB, \(shown(Self.descriptors(role))) descriptors"
  }
}
