internal import CronSystem
internal import CronWire

/// What is looked at in one process: a mount that hangs stops the checks of its group alone.
enum DoctorGroup: String, CaseIterable {
  case machine
  case jobs
  case state

  /// The checks that the group answers for, in the order of their findings.
  var checks: [DoctorCheck] {
    switch self {
    case .machine: [.clock, .zoneData]
    case .jobs: [.configuration, .mail, .otherCron, .openFiles, .cgroup, .systemdUnit]
    case .state:
      [
        .status, .stateDirectory, .fileSystem, .writable, .space, .permissions, .foreignFiles, .ledger,
      ]
    }
  }
}

/// `cronwatch role doctor …`: one group of checks, its findings as JSON Lines on standard output.
public enum DoctorRole {
  /// Looks, and returns the exit status.
  public static func main(_ arguments: RoleArguments) -> Int32 {
    guard let group = arguments["group"].flatMap(DoctorGroup.init(rawValue:)), let state = arguments["state"] else {
      return 64
    }
    let probe = DoctorProbe(statePath: state, configurationPath: arguments["config"] ?? "")
    let findings =
      switch group {
      case .machine: probe.machine().findings
      case .jobs: probe.jobs().findings
      case .state: probe.state().findings
      }
    do throws(Errno) {
      for finding in findings { try StandardOutput.write(JSONWriter.line(finding.json) + [UInt8(ascii: "\n")]) }
      return 0
    } catch {
      return 75
    }
  }
}
