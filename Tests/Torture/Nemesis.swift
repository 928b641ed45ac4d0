import CronSystem
import CronTestRandom
import CronTestSupport
import EndToEndSupport

/// Who of ours is alive, by role.
struct Victims {
  /// The roles that are killed, and how often each is chosen, of a hundred times.
  static let weights = [("worker", 62), ("ticker", 17), ("watcher", 9), ("reader", 7), ("start", 5)]

  private(set) var byRole: [String: [ProcessIdentity]] = [:]

  /// Looks at every command line of the machine.
  static func look(_ state: String) -> Victims {
    var found = Victims()
    for pid in Processes.all() {
      guard let words = ProcessStatus.commandLine(of: pid), words.count > 2 else { continue }
      let role: String
      if words[1] == "role", words.contains(state) {
        role = words[2]
      } else if words[0] == "cronwatch", words[1] == "start", words.contains(where: { $0.hasPrefix(parent(of: state)) })
      {
        role = "start"
      } else {
        continue
      }
      if let identity = ProcessIdentity.read(pid) { found.byRole[role, default: []].append(identity) }
    }
    return found
  }

  /// The directory that the state's is in: it names this instance, and no other.
  private static func parent(of state: String) -> String {
    guard let slash = state.lastIndex(of: "/") else { return state }
    return String(state[...slash])
  }

  var isEmpty: Bool { byRole.isEmpty }

  func has(_ role: String) -> Bool { byRole[role] != nil }

  var all: [(role: String, identity: ProcessIdentity)] {
    byRole.sorted { $0.key < $1.key }.flatMap { role, identities in
      identities.sorted { $0.pid < $1.pid }.map { (role, $0) }
    }
  }
}

/// Kills, stops and continues processes of ours at random; one seed decides whom, how and when.
struct Nemesis {
  /// A signal that is sent later.
  private struct Later {
    let atNanoseconds: Int64
    let role: String
    let identity: ProcessIdentity
    let number: Int32
  }

  private var generator: SeededGenerator
  private let pauseNanoseconds: Int64
  private var later: [Later] = []
  private var nextNanoseconds: Int64 = 0
  /// SIGKILLs that met a living process, by role.
  private(set) var kills: [String: Int] = [:]
  private(set) var stops = 0

  init(seed: UInt64, rate: Int) {
    generator = SeededGenerator(seed: seed)
    pauseNanoseconds = 1_000_000_000 / Int64(max(rate, 1))
  }

  var killCount: Int { kills.values.reduce(0, +) }

  /// Does what is due.
  mutating func act(on state: String, now: Int64) {
    for due in later where due.atNanoseconds <= now { send(due.number, to: due.identity, due.role) }
    later.removeAll { $0.atNanoseconds <= now }
    guard nextNanoseconds <= now else { return }
    nextNanoseconds = now + Int64.random(in: 0...(2 * pauseNanoseconds), using: &generator)
    // Of every ten seconds four are the workers' alone, so that something gets done between the deaths.
    let isCalm = now / 1_000_000_000 % 10 < 4
    let victims = Victims.look(state)
    guard let victim = choose(victims, isCalm: isCalm) else { return }
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<72: send(Signal.kill, to: victim.identity, victim.role)
    case 72..<80:
      // Several at one time: sometimes all that there are.
      let others = victims.all.filter { !isCalm || $0.role == "worker" }.shuffled(using: &generator)
      let count = Int.random(in: 2...max(2, min(others.count, isCalm ? 3 : 9)), using: &generator)
      for other in others.prefix(count) { send(Signal.kill, to: other.identity, other.role) }
    case 80..<90:
      stop(victim, now, then: Signal.kill, afterMilliseconds: Int64.random(in: 1...400, using: &generator))
    case 90..<97:
      stop(victim, now, then: Signal.resume, afterMilliseconds: Int64.random(in: 1...1_500, using: &generator))
    default:
      // Longer than anybody waits for a worker, so that it comes back late.
      stop(victim, now, then: Signal.resume, afterMilliseconds: Int64.random(in: 4_000...9_000, using: &generator))
    }
  }

  /// Continues whoever is still stopped: the end of the soak.
  mutating func release() {
    for waiting in later { send(Signal.resume, to: waiting.identity, waiting.role) }
    later = []
  }

  private mutating func choose(_ victims: Victims, isCalm: Bool) -> (role: String, identity: ProcessIdentity)? {
    var place = Int.random(in: 0..<100, using: &generator)
    var role = "worker"
    for (candidate, weight) in Victims.weights {
      if place < weight {
        role = candidate
        break
      }
      place -= weight
    }
    if isCalm || !victims.has(role) { role = "worker" }
    return victims.byRole[role]?.randomElement(using: &generator).map { (role, $0) }
  }

  private mutating func stop(
    _ victim: (role: String, identity: ProcessIdentity), _ now: Int64, then number: Int32, afterMilliseconds: Int64
  ) {
    stops += 1
    send(Signal.stop, to: victim.identity, victim.role)
    later.append(
      Later(
        atNanoseconds: now + afterMilliseconds * 1_000_000, role: victim.role, identity: victim.identity, number: number
      ))
  }

  private mutating func send(_ number: Int32, to identity: ProcessIdentity, _ role: String) {
    do {
      guard let process = try ProcessDescriptor(identity), !process.hasEnded, try process.signal(number) else { return }
      if number == Signal.kill { kills[role, default: 0] += 1 }
    } catch {
      return
    }
  }
}
