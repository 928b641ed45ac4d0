internal import Glibc

/// Numbers and names of signals, signal(7).
public enum Signal {
  /// SIGHUP
  public static let hangUp: Int32 = SIGHUP
  /// SIGINT
  public static let interrupt: Int32 = SIGINT
  /// SIGQUIT
  public static let quit: Int32 = SIGQUIT
  /// SIGABRT
  public static let abort: Int32 = SIGABRT
  /// SIGKILL
  public static let kill: Int32 = SIGKILL
  /// SIGUSR1
  public static let user1: Int32 = SIGUSR1
  /// SIGUSR2
  public static let user2: Int32 = SIGUSR2
  /// SIGPIPE
  public static let pipe: Int32 = SIGPIPE
  /// SIGALRM
  public static let alarm: Int32 = SIGALRM
  /// SIGTERM
  public static let terminate: Int32 = SIGTERM
  /// SIGCHLD
  public static let child: Int32 = SIGCHLD
  /// SIGCONT
  public static let resume: Int32 = SIGCONT
  /// SIGSTOP
  public static let stop: Int32 = SIGSTOP
  /// SIGTSTP
  public static let terminalStop: Int32 = SIGTSTP
  /// SIGWINCH
  public static let windowChange: Int32 = SIGWINCH

  private static let names: [(number: Int32, name: String)] = [
    (SIGHUP, "HUP"), (SIGINT, "INT"), (SIGQUIT, "QUIT"), (SIGILL, "ILL"), (SIGTRAP, "TRAP"), (SIGABRT, "ABRT"),
    (SIGBUS, "BUS"), (SIGFPE, "FPE"), (SIGKILL, "KILL"), (SIGUSR1, "USR1"), (SIGSEGV, "SEGV"), (SIGUSR2, "USR2"),
    (SIGPIPE, "PIPE"), (SIGALRM, "ALRM"), (SIGTERM, "TERM"), (SIGSTKFLT, "STKFLT"), (SIGCHLD, "CHLD"),
    (SIGCONT, "CONT"), (SIGSTOP, "STOP"), (SIGTSTP, "TSTP"), (SIGTTIN, "TTIN"), (SIGTTOU, "TTOU"), (SIGURG, "URG"),
    (SIGXCPU, "XCPU"), (SIGXFSZ, "XFSZ"), (SIGVTALRM, "VTALRM"), (SIGPROF, "PROF"), (SIGWINCH, "WINCH"),
    (SIGPOLL, "POLL"), (SIGPWR, "PWR"), (SIGSYS, "SYS"),
  ]

  /// The name without SIG, `KILL`; real-time and unknown ones are their number.
  public static func name(_ number: Int32) -> String {
    names.first { $0.number == number }?.name ?? String(number)
  }

  /// The number of a name with or without SIG, in any case; nil when there is none.
  public static func number(named name: String) -> Int32? {
    let upper = name.uppercased()
    let bare = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    return names.first { $0.name == bare }?.number
  }
}
