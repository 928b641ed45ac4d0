/// What a command's exit status means: sysexits(3) where it has a number for it (docs/exit-status.md).
enum ExitStatus: Int32 {
  case success = 0
  /// The answer is "no": unhealthy, findings, an unknown job.
  case negative = 1
  case notRunning = 3
  case usage = 64
  case badData = 65
  case unavailable = 69
  case internalError = 70
  case cannotCreate = 73
  case temporary = 75
  case permission = 77
  case configuration = 78
}

/// Why a command ends early: said once on standard error by the caller of the command.
struct CommandFailure: Error {
  let status: ExitStatus
  let message: String
  let hint: String?

  init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
    self.status = status
    self.message = message
    self.hint = hint
  }
}
