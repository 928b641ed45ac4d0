internal import CronSystem

/// The role `worker`: `cronwatch role worker --state DIR --slot N …`, spawned by the ticker alone.
public enum WorkerRole {
  /// Serves until it is told to end or has nobody left to serve; returns the exit status.
  public static func main(_ arguments: RoleArguments) -> Int32 {
    let logger = Logger(role: "worker", settings: arguments.logging)
    guard let own = WorkerArguments(arguments) else {
      logger.error("the arguments of a worker are incomplete")
      return 64
    }
    do throws(Errno) {
      let worker = try Worker(own)
      try worker.run()
      return 0
    } catch {
      // What the worker couldn't do, the ticker decides from the slot.
      logger.error("a worker can't go on", LogField("slot", own.slot), LogField("error", error))
      return 70
    }
  }
}
