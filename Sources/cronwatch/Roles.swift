import CronDaemon
import CronSystem

/// `cronwatch role NAME --key value …`: how cronwatch starts itself as one of its roles; not for people.
enum Roles {
  /// The word that stands before a role's name.
  static let verb = "role"

  /// Runs the role that the words name; nil when they name none. Returns the exit status.
  static func run(_ words: [String]) -> Int32? {
    guard words.first == verb, words.count >= 2, let arguments = RoleArguments(Array(words.dropFirst(2))) else {
      return nil
    }
    // It was executed as /proc/self/exe, and would be called `exe`.
    do { try CurrentProcess.setName("cronwatch") } catch {}
    return switch words[1] {
    case "init": InitStub.main(arguments)
    case "watcher": WatcherRole.main(arguments)
    case "ticker": TickerRole.run(arguments.words)
    case "worker": WorkerRole.main(arguments)
    case "reader": ReaderRole.main(arguments)
    case "fetch": FetchRole.main(arguments)
    case "doctor": DoctorRole.main(arguments)
    case "metrics": MetricsRole.main(arguments)
    default: nil
    }
  }
}
