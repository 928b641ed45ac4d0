// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target: warnings are errors, and the language modes that make mistakes visible early.
let everywhere: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Pure targets may not touch memory unsafely; only CronSystem meets C.
let pure: [SwiftSetting] = everywhere + [.strictMemorySafety()]

/// Named fault points exist in debug builds only (docs/testing.md); a test shows that the release has none.
let effects: [SwiftSetting] = everywhere + [.define("CRONWATCH_FAULTS", .when(configuration: .debug))]

let package = Package(
  name: "cronwatch",
  products: [
    .executable(name: "cronwatch", targets: ["cronwatch"]),
    .library(name: "CronTime", targets: ["CronTime"]),
    .library(name: "CronTimeSystem", targets: ["CronTimeSystem"]),
  ],
  targets: [
    .target(name: "CLinux", cSettings: [.define("CRONWATCH_FAULTS", .when(configuration: .debug))]),
    .target(name: "CronTime", swiftSettings: pure),
    .target(name: "CronWire", swiftSettings: pure),
    .target(name: "CronConfig", dependencies: ["CronTime"], swiftSettings: pure),
    .target(name: "CronLedger", dependencies: ["CronTime"], swiftSettings: pure),
    .target(name: "CronEngine", dependencies: ["CronConfig", "CronLedger", "CronTime"], swiftSettings: pure),
    .target(name: "CronSystem", dependencies: ["CLinux"], swiftSettings: effects),
    .target(name: "CronTimeSystem", dependencies: ["CronTime", "CronSystem"], swiftSettings: effects),
    .target(
      name: "CronDaemon",
      dependencies: [
        "CronEngine", "CronConfig", "CronLedger", "CronTime", "CronTimeSystem", "CronWire", "CronSystem",
      ],
      swiftSettings: effects),
    .executableTarget(
      name: "cronwatch",
      dependencies: ["CronDaemon", "CronEngine", "CronConfig", "CronLedger", "CronTime", "CronWire", "CronSystem"],
      swiftSettings: effects),

    .executableTarget(
      name: "ScheduleBenchmark", dependencies: ["CronTime"], path: "Tests/Benchmarks/ScheduleBenchmark",
      swiftSettings: everywhere),
    .executableTarget(
      name: "LedgerBenchmark", dependencies: ["CronDaemon", "CronLedger", "CronSystem", "CronTime"],
      path: "Tests/Benchmarks/LedgerBenchmark", swiftSettings: everywhere),
    .executableTarget(
      name: "EngineBenchmark", dependencies: ["CronConfig", "CronEngine", "CronLedger", "CronSystem", "CronTime"],
      path: "Tests/Benchmarks/EngineBenchmark", swiftSettings: everywhere),
    .target(name: "CronTestRandom", path: "Tests/CronTestRandom", swiftSettings: everywhere),
    .target(
      name: "CronTestSupport", dependencies: ["CronSystem"], path: "Tests/CronTestSupport",
      swiftSettings: everywhere),
    .target(
      name: "EndToEndSupport", dependencies: ["CronSystem", "CronWire", "CronTestRandom", "CronTestSupport"],
      path: "Tests/EndToEndSupport", swiftSettings: everywhere),
    .executableTarget(
      name: "Torture",
      dependencies: ["CronSystem", "CronWire", "CronTestRandom", "CronTestSupport", "EndToEndSupport"],
      path: "Tests/Torture", swiftSettings: everywhere),
    .target(
      name: "CronSimulation", dependencies: ["CronEngine", "CronConfig", "CronLedger", "CronTime", "CronTestRandom"],
      path: "Tests/CronSimulation", swiftSettings: everywhere),
    .executableTarget(
      name: "Simulate", dependencies: ["CronSimulation"], path: "Tests/Simulate", swiftSettings: everywhere),
    .testTarget(
      name: "SimulationTests", dependencies: ["CronSimulation", "CronTestRandom", "CronTestSupport"],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronTimeTests", dependencies: ["CronTime", "CronTestRandom", "CronTestSupport"],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronTimeSystemTests", dependencies: ["CronTimeSystem", "CronTime", "CronTestRandom", "CronTestSupport"],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronWireTests", dependencies: ["CronWire", "CronTestRandom", "CronTestSupport"],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronConfigTests",
      dependencies: ["CronConfig", "CronTime", "CronWire", "CronTestRandom", "CronTestSupport"],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronLedgerTests", dependencies: ["CronLedger", "CronTime", "CronTestRandom", "CronTestSupport"],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronEngineTests",
      dependencies: [
        "CronEngine", "CronConfig", "CronLedger", "CronTime", "CronSimulation", "CronTestRandom", "CronTestSupport",
      ],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronSystemTests", dependencies: ["CronSystem", "CronTestRandom", "CronTestSupport"],
      swiftSettings: everywhere),
    .testTarget(
      name: "CronDaemonTests",
      dependencies: [
        "cronwatch", "CronDaemon", "CronEngine", "CronConfig", "CronLedger", "CronTime", "CronWire", "CronSystem",
        "CronTestRandom", "CronTestSupport",
      ],
      swiftSettings: effects),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "cronwatch", "CronSystem", "CronTime", "CronWire", "CronTestRandom", "CronTestSupport", "EndToEndSupport",
      ],
      swiftSettings: effects),
    .testTarget(
      name: "SourceRulesTests",
      dependencies: ["Torture", "CronTime", "CronTestRandom", "CronTestSupport", "EndToEndSupport"],
      swiftSettings: everywhere),
  ],
  swiftLanguageModes: [.v6]
)
