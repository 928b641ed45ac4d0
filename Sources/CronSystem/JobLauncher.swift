internal import CLinux

/// Who a job runs as.
public struct LaunchIdentity: Hashable, Sendable {
  /// The uid.
  public let userIdentifier: UInt32
  /// The gid.
  public let groupIdentifier: UInt32
  /// All supplementary groups, looked up before.
  public let groups: [UInt32]

  /// From looked-up numbers.
  public init(userIdentifier: UInt32, groupIdentifier: UInt32, groups: [UInt32]) {
    self.userIdentifier = userIdentifier
    self.groupIdentifier = groupIdentifier
    self.groups = groups
  }
}

/// Where the child writes its `exec` field as the last act before execve.
public struct LaunchRecord: Hashable, Sendable {
  /// The slot's record, open for writing; its lock is inherited until execve.
  public let raw: Int32
  /// Where the field begins; it is `ExecField.byteCount` bytes long.
  public let offset: Int64
  /// The run's id, at most 128 bytes.
  public let run: String
  /// The sequence number of the claim.
  public let sequence: UInt64

  /// All parts.
  public init(raw: Int32, offset: Int64, run: String, sequence: UInt64) {
    self.raw = raw
    self.offset = offset
    self.run = run
    self.sequence = sequence
  }
}

/// Everything that a job's process is made of; decided before, executed by `JobLauncher`.
public struct LaunchOrder: Hashable, Sendable {
  /// The words; the 0th is also what is looked up, as a path when it has a slash, else in `searchPath`. Never empty.
  public var arguments: [String]
  /// `NAME=value`.
  public var environment: [String]
  /// Directories separated by colons, an empty one = the working directory; for words without a slash.
  public var searchPath: String
  /// Run a file without a known format by `/bin/sh FILE …`, as shells and execvp(3) do.
  public var fallsBackToShell: Bool
  /// nil = as we are.
  public var identity: LaunchIdentity?
  /// nil = ours. Entered as the job's user.
  public var directory: String?
  /// Becomes descriptor 0.
  public var input: Int32
  /// Becomes descriptors 1 and 2.
  public var output: Int32
  /// The mask of permission bits that new files don't get.
  public var fileCreationMask: UInt32 = 0o022
  /// Absolute nice value, -20…19; nil = ours.
  public var nice: Int32?
  /// Soft limit of open files; nil = ours.
  public var openFiles: UInt64?
  /// Best effort; nil = ours.
  public var oomScore: Int32? = 0
  /// `cgroup.procs` of the leaf, open for writing; nil = our cgroup.
  public var cgroupProcesses: Int32?
  /// nil = no field is written.
  public var record: LaunchRecord?

  /// The parts that every job has; the rest are variables.
  public init(
    arguments: [String], environment: [String], input: Int32, output: Int32,
    searchPath: String = "/usr/bin:/bin", fallsBackToShell: Bool = true
  ) {
    self.arguments = arguments
    self.environment = environment
    self.input = input
    self.output = output
    self.searchPath = searchPath
    self.fallsBackToShell = fallsBackToShell
  }

  /// The paths that execve is tried with, in order.
  var candidates: [String] {
    guard let word = arguments.first else { return [] }
    if word.utf8.contains(UInt8(ascii: "/")) || word.isEmpty { return [word] }
    return searchPath.split(separator: ":", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? word : "\($0)/\(word)" }
  }
}

/// Why no job came to be.
public struct LaunchFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was being done.
  public enum Step: String, Hashable, Sendable {
    /// clone(2): EAGAIN and ENOMEM are worth another try.
    case fork
    /// Entering the cgroup.
    case cgroup
    /// setsid(2)
    case session
    /// setpriority(2)
    case priority
    /// setrlimit(2)
    case limits
    /// setgroups(2)
    case groups
    /// setresgid(2)
    case group
    /// setresuid(2)
    case user
    /// The identity is not the one that was set.
    case verify
    /// chdir(2)
    case directory
    /// dup2(2), close_range(2)
    case descriptors
    /// Writing the exec field.
    case record
    /// execve(2): ENOENT = no such command, else not executable.
    case exec
  }

  /// What was being done.
  public let step: Step
  /// What it said.
  public let error: Errno

  /// From its parts.
  public init(step: Step, error: Errno) {
    self.step = step
    self.error = error
  }

  /// The exit status that a shell gives for it: 127 no such command, 126 for anything else.
  public var shellStatus: Int32 {
    guard case .exec = step else { return 126 }
    switch error {
    case .noEntry, .notDirectory, .nameTooLong, .tooManySymbolicLinks: return 127
    default: return 126
    }
  }

  /// `exec: ENOENT: No such file or directory`.
  public var description: String { "\(step.rawValue): \(error)" }
}

/// Starts a job by clone and exec in the C shim; only for processes with one thread, that is workers.
public enum JobLauncher {
  /// Returns the job's pid once execve has succeeded; waits for that. After a failure nothing is left to reap.
  ///
  /// The job has its own session, default signals, an empty mask and descriptors 0–2, nothing else.
  public static func launch(_ order: LaunchOrder) throws(LaunchFailure) -> Int32 {
    invariant(!order.arguments.isEmpty, "a job without words")
    invariant(order.input >= 0 && order.output >= 0, "a job without descriptors")
    let searches = order.arguments[0].utf8.contains(UInt8(ascii: "/")) == false && !order.arguments[0].isEmpty
    let shellWords = ["/bin/sh", ""] + order.arguments.dropFirst()
    let groups = order.identity?.groups ?? []
    let run = order.record?.run ?? ""
    var failure = cl_launch_failure()
    let pid = withCStrings(order.candidates) { candidates in
      withCStrings(order.arguments) { arguments in
        withCStrings(shellWords) { shellArguments in
          withCStrings(order.environment) { environment in
            withCStrings([order.directory ?? "", run]) { texts in
              groups.withUnsafeBufferPointer { groupList in
                var native = nativeOrder(order)
                native.candidates = UnsafeRawPointer(candidates).assumingMemoryBound(
                  to: UnsafePointer<CChar>?.self)
                native.search = searches
                native.arguments = UnsafePointer(arguments)
                native.shell_arguments = order.fallsBackToShell ? shellArguments : nil
                native.environment = UnsafePointer(environment)
                native.directory = order.directory == nil ? nil : UnsafePointer(texts[0])
                native.run = UnsafePointer(texts[1])
                native.groups = groupList.baseAddress
                return cl_launch(&native, &failure)
              }
            }
          }
        }
      }
    }
    if pid > 0 { return pid }
    throw LaunchFailure(step: Self.step(failure.step), error: Errno(rawValue: failure.error))
  }

  /// The parts without pointers.
  private static func nativeOrder(_ order: LaunchOrder) -> cl_launch_order {
    var native = cl_launch_order()
    if let identity = order.identity {
      native.change_identity = true
      native.uid = identity.userIdentifier
      native.gid = identity.groupIdentifier
      native.group_count = Int32(clamping: identity.groups.count)
    }
    native.set_nice = order.nice != nil
    native.nice = order.nice ?? 0
    native.set_oom_score = order.oomScore != nil
    native.oom_score = order.oomScore ?? 0
    native.open_files = order.openFiles ?? 0
    native.umask = order.fileCreationMask
    native.input = order.input
    native.output = order.output
    native.cgroup_procs = order.cgroupProcesses ?? -1
    native.record = order.record?.raw ?? -1
    native.record_offset = order.record?.offset ?? 0
    native.sequence = order.record?.sequence ?? 0
    return native
  }

  private static func step(_ native: Int32) -> LaunchFailure.Step {
    let steps: [LaunchFailure.Step] = [
      .fork, .cgroup, .session, .priority, .limits, .groups, .group, .user, .verify, .directory, .descriptors, .record,
      .exec,
    ]
    let index = Int(native) - 1
    return steps.indices.contains(index) ? steps[index] : .fork
  }
}
