// Runs worlds: `Simulate FROM COUNT [FIRES]` prints one line of JSON, or the seeds that broke a rule.
// `Simulate --story SEED [FIRES [death@CHANGE | power@CHANGE]]` tells one, `--excerpt SEED` what concerns its first
// problem. `Simulate --each-write FROM COUNT [FIRES]` lives each world once for every change of its disk, at which the
// ticker dies, and once more with the power failing then. `Simulate --fault NAME` plants a mistake and says which seed
// sees it first.

import CronSimulation
import Glibc

let arguments = CommandLine.arguments
let firesPlace = arguments.count > 1 && arguments[1] == "--each-write" ? 4 : 3
let fires = arguments.count > firesPlace ? Int(arguments[firesPlace]) ?? 100 : 100

extension PlannedCrash {
  /// `death@12` or `power@12`, as a story is asked for.
  fileprivate init?(words: String) {
    let parts = words.split(separator: "@")
    guard parts.count == 2, let change = Int(parts[1]), ["death", "power"].contains(parts[0]) else { return nil }
    self.init(at: change, takesPower: parts[0] == "power")
  }

  fileprivate var words: String { "\(takesPower ? "power" : "death")@\(change): " }
}

func fail(_ text: String) -> Never {
  print(text)
  exit(1)
}

func tell(_ seed: UInt64, onlyExcerpt: Bool, crash: PlannedCrash?) {
  let world = Simulation(seed: seed, crash: crash, tellsStory: true)
  world.run(fires: fires)
  print(onlyExcerpt ? world.excerpt : world.story.joined(separator: "\n"))
  for problem in world.problems { print("PROBLEM \(problem)") }
  exit(world.problems.isEmpty ? 0 : 1)
}

func plant(_ fault: PlantedFault) {
  for seed in 0..<1000 as Range<UInt64> {
    let world = Simulation(seed: seed, fault: fault)
    world.run(fires: fires)
    if let problem = world.problems.first {
      print("seed \(seed): \(problem)")
      exit(0)
    }
  }
  fail("nobody sees \(fault)")
}

func live(from: UInt64, count: UInt64, crashesAtEachWrite: Bool) {
  var total = SimulationCounts()
  var failures: [String] = []
  func live(_ seed: UInt64, _ crash: PlannedCrash?) -> SimulationCounts {
    let world = Simulation(seed: seed, crash: crash)
    world.run(fires: fires)
    total.add(world.counts)
    if let problem = world.problems.first { failures.append("seed \(seed): \(crash?.words ?? "")\(problem)") }
    return world.counts
  }
  for seed in from..<from + count where failures.count < 20 {
    let changes = live(seed, nil).changes
    if !crashesAtEachWrite { continue }
    for change in 1...max(1, changes) where failures.count < 20 {
      for takesPower in [false, true] { _ = live(seed, PlannedCrash(at: change, takesPower: takesPower)) }
    }
  }
  if !failures.isEmpty { fail(failures.joined(separator: "\n")) }
  var fields = total.named.map { "\"\($0.name)\": \($0.value)" }
  fields.append("\"digest\": \"\(String(total.digest, radix: 16))\"")
  print("{\"from\": \(from), \"fires_each\": \(fires), " + fields.joined(separator: ", ") + "}")
}

if arguments.count >= 3, let seed = UInt64(arguments[2]), ["--story", "--excerpt"].contains(arguments[1]) {
  let crash = arguments.count > 4 ? PlannedCrash(words: arguments[4]) : nil
  tell(seed, onlyExcerpt: arguments[1] == "--excerpt", crash: crash)
} else if arguments.count >= 3, arguments[1] == "--fault", let fault = PlantedFault(rawValue: arguments[2]) {
  plant(fault)
} else if arguments.count >= 3, let from = UInt64(arguments[1]), let count = UInt64(arguments[2]) {
  live(from: from, count: count, crashesAtEachWrite: false)
} else if arguments.count >= 4, arguments[1] == "--each-write", let from = UInt64(arguments[2]),
  let count = UInt64(arguments[3])
{
  live(from: from, count: count, crashesAtEachWrite: true)
} else {
  fail(
    """
    usage: Simulate FROM COUNT [FIRES]
           Simulate --story|--excerpt SEED [FIRES [death@CHANGE | power@CHANGE]]
           Simulate --each-write FROM COUNT [FIRES]
           Simulate --fault NAME
    """)
}
