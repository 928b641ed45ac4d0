// Runs worlds: `Simulate FROM COUNT [FIRES]` prints one line of JSON, or the seeds that broke a rule.
// `Simulate --story SEED [FIRES]` tells one, `--excerpt SEED` what concerns its first problem.
// `Simulate --fault NAME` plants a mistake and says which seed sees it first.

import CronSimulation
import Glibc

let arguments = CommandLine.arguments
let fires = arguments.count > 3 ? Int(arguments[3]) ?? 100 : 100

func fail(_ text: String) -> Never {
  print(text)
  exit(1)
}

func tell(_ seed: UInt64, onlyExcerpt: Bool) throws {
  let world = Simulation(seed: seed, tellsStory: true)
  try world.run(fires: fires)
  print(onlyExcerpt ? world.excerpt : world.story.joined(separator: "\n"))
  for problem in world.problems { print("PROBLEM \(problem)") }
  exit(world.problems.isEmpty ? 0 : 1)
}

func plant(_ fault: PlantedFault) throws {
  for seed in 0..<1000 as Range<UInt64> {
    let world = Simulation(seed: seed, fault: fault)
    try world.run(fires: fires)
    if let problem = world.problems.first {
      print("seed \(seed): \(problem)")
      exit(0)
    }
  }
  fail("nobody sees \(fault)")
}

func live(from: UInt64, count: UInt64) throws {
  var total = SimulationCounts()
  var failures: [String] = []
  for seed in from..<from + count where failures.count < 20 {
    let world = Simulation(seed: seed)
    try world.run(fires: fires)
    total.add(world.counts)
    if let problem = world.problems.first { failures.append("seed \(seed): \(problem)") }
  }
  if !failures.isEmpty { fail(failures.joined(separator: "\n")) }
  var fields = total.named.map { "\"\($0.name)\": \($0.value)" }
  fields.append("\"digest\": \"\(String(total.digest, radix: 16))\"")
  print("{\"from\": \(from), \"fires_each\": \(fires), " + fields.joined(separator: ", ") + "}")
}

if arguments.count >= 3, let seed = UInt64(arguments[2]), ["--story", "--excerpt"].contains(arguments[1]) {
  try tell(seed, onlyExcerpt: arguments[1] == "--excerpt")
} else if arguments.count >= 3, arguments[1] == "--fault", let fault = PlantedFault(rawValue: arguments[2]) {
  try plant(fault)
} else if arguments.count >= 3, let from = UInt64(arguments[1]), let count = UInt64(arguments[2]) {
  try live(from: from, count: count)
} else {
  fail("usage: Simulate FROM COUNT [FIRES] | Simulate --story|--excerpt SEED [FIRES] | Simulate --fault NAME")
}
