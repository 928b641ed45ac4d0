internal import CLinux
internal import Glibc

/// Facts and acts of this process.
public enum CurrentProcess {
  /// Its pid, getpid(2).
  public static var identifier: Int32 { getpid() }
  /// Its parent's pid; changes when the parent dies, getppid(2).
  public static var parentIdentifier: Int32 { getppid() }
  /// The effective uid, geteuid(2).
  public static var effectiveUser: UInt32 { geteuid() }
  /// The effective gid, getegid(2).
  public static var effectiveGroup: UInt32 { getegid() }

  /// The path of the running executable; after a replacement on disk it ends in ` (deleted)`, proc_pid_exe(5).
  public static func executablePath() throws(Errno) -> String { try linkTarget(ofPath: "/proc/self/exe") }

  /// Gives memory that was freed back to the kernel, malloc_trim(3): after work that was done once.
  public static func returnFreeMemory() { cl_return_memory() }

  /// Takes so many bytes of heap from the kernel at once, and keeps them, mallopt(3): what fits into them never asks it
  /// for more. Blocks of 128 KiB and above still come and go by themselves.
  public static func reserveMemory(bytes: Int) { cl_reserve_memory(bytes) }

  /// The working directory, getcwd(3).
  public static func workingDirectory() throws(Errno) -> String {
    guard let path = getcwd(nil, 0) else { throw Errno.current }
    defer { free(path) }
    return String(cString: path)
  }

  /// Moves to another directory, chdir(2).
  public static func changeDirectory(_ path: String) throws(Errno) { try Syscall.call { chdir(path) } }

  /// The host's name, gethostname(2).
  public static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    if gethostname(&buffer, 255) != 0 { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Makes orphans below this process its children, prctl(2) PR_SET_CHILD_SUBREAPER; not inherited by children.
  public static func setChildSubreaper() throws(Errno) { try Syscall.call { cl_set_subreaper() } }

  /// How readily the kernel kills it for memory, -1000…1000; lowering may be EACCES, proc_pid_oom_score_adj(5).
  public static func setOOMScore(_ score: Int32) throws(Errno) {
    try FileDescriptor.open("/proc/self/oom_score_adj", .write).write(Array(String(score).utf8))
  }

  /// Sets the mask of permission bits that new files don't get; returns the old one, umask(2).
  @discardableResult
  public static func setFileCreationMask(_ mask: UInt32) -> UInt32 { umask(mask) }

  /// Replaces the program, with default signals and an empty mask; returns only by throwing, execve(2).
  ///
  /// With `keepsSignalMask` signals stay blocked: none ends the new program before it is ready to read them.
  public static func exec(
    _ path: String, arguments: [String], environment: [String], keepsSignalMask: Bool = false
  ) throws(Errno) -> Never {
    _ = try withCStrings(arguments) { (words) throws(Errno) in
      try withCStrings(environment) { (variables) throws(Errno) in
        try Syscall.once { cl_exec(path, words, variables, keepsSignalMask) }
      }
    }
    invariantFailure("execve returned without an error")
  }

  /// What `ps` and `top` call the process, instead of the name that it was executed by; prctl(2), at most 15 bytes.
  public static func setName(_ name: String) throws(Errno) { try Syscall.call { cl_set_name(name) } }

  /// Ends the process with a status of 0…255, exit(3).
  public static func exit(_ status: Int32) -> Never { Glibc.exit(status) }

  /// Whether a descriptor is a terminal, isatty(3).
  public static func isTerminal(_ raw: Int32) -> Bool { isatty(raw) == 1 }

  /// The terminal's width in columns; nil = no terminal, or it doesn't say, ioctl_tty(2).
  public static func terminalColumns(_ raw: Int32) -> Int? {
    let columns = cl_terminal_columns(raw)
    return columns > 0 ? Int(columns) : nil
  }
}
