internal import CronConfig
internal import CronSystem

/// Why a job couldn't be started.
struct StartFault: Error {
  let message: String
  /// Whether it may pass: no memory, no process, a user that can't be looked up now.
  let isRetryable: Bool
  /// The status that a shell would have ended with, where there isn't even a shell to say so.
  var shellStatus: Int32?
}

/// The ways by which a prepared job becomes a process: directly, by the shell, or as what a shell would have said.
struct JobLaunch {
  let preparation: JobPreparation
  let input: Int32
  let output: Int32
  let openFiles: UInt64
  let record: LaunchRecord

  init(
    _ preparation: JobPreparation, input: Int32, output: Int32, openFiles: UInt64, record: LaunchRecord
  ) {
    self.preparation = preparation
    self.input = input
    self.output = output
    self.openFiles = openFiles
    self.record = record
  }

  /// Returns the job's pid. `tell` gets what belongs into the job's output, before the job can write there.
  func start(tell: (String) -> Void) throws(StartFault) -> Int32 {
    do throws(LaunchFailure) {
      return try attempt(preparation.direct ?? preparation.program, in: preparation.directory)
    } catch {
      switch error.step {
      case .directory:
        tell("cronwatch: can't enter \(preparation.directory): \(error.error); starting in /")
        // PWD belongs to the directory, so the shell finds it out itself.
        return try byOtherWays(in: "/")
      case .exec where Self.mayPass(error): throw Self.fault(error)
      case .exec where preparation.direct != nil:
        // Exactly what the shell says of it, or does with it, is the shell's business.
        return try byOtherWays(in: preparation.directory)
      case .exec: return try asComplaint(error, tell: tell)
      default: throw Self.fault(error)
      }
    }
  }

  private func byOtherWays(in directory: String) throws(StartFault) -> Int32 {
    do throws(LaunchFailure) {
      return try attempt(preparation.program, in: directory)
    } catch {
      if case .exec = error.step, !Self.mayPass(error) { return try asComplaint(error, tell: { _ in }) }
      throw Self.fault(error)
    }
  }

  /// The job as a shell that says what is wrong and ends so: to everybody the command did run, and failed.
  private func asComplaint(_ failure: LaunchFailure, tell: (String) -> Void) throws(StartFault) -> Int32 {
    let word = preparation.program.arguments.first ?? ""
    let reason = failure.shellStatus == 127 ? "not found" : "\(failure.error)"
    let complaint = JobPreparation.Program(
      arguments: [
        "/bin/sh", "-c", "echo \"$0: $1\" >&2; exit \"$2\"", word, reason, String(failure.shellStatus),
      ], environment: preparation.program.environment)
    do throws(LaunchFailure) {
      return try attempt(complaint, in: "/")
    } catch {
      guard case .exec = error.step else { throw Self.fault(error) }
      // No shell either, as in the smallest containers.
      tell("\(word): \(reason)")
      throw StartFault(message: "\(word): \(reason)", isRetryable: false, shellStatus: failure.shellStatus)
    }
  }

  private func attempt(_ program: JobPreparation.Program, in directory: String) throws(LaunchFailure) -> Int32 {
    let path = program.environment.last { $0.name == "PATH" }?.value ?? JobEnvironment.defaultPath
    var order = LaunchOrder(
      arguments: program.arguments, environment: program.environment.map { "\($0.name)=\($0.value)" }, input: input,
      output: output, searchPath: path)
    order.identity = preparation.identity
    order.directory = directory
    order.openFiles = openFiles
    order.record = record
    return try JobLauncher.launch(order)
  }

  private static func fault(_ failure: LaunchFailure) -> StartFault {
    StartFault(message: failure.description, isRetryable: failure.step == .fork || mayPass(failure))
  }

  /// Whether another try may go well: nothing is wrong with the command, only with this moment. A file that somebody
  /// is writing (ETXTBSY) is just being installed.
  private static func mayPass(_ failure: LaunchFailure) -> Bool {
    [.wouldBlock, .noMemory, .tooManyOpenFiles, .tooManyOpenFilesInSystem, .textFileBusy].contains(failure.error)
  }
}
