public import CronConfig
internal import CronSystem
internal import CronTime
internal import CronTimeSystem

/// The answers of this machine to the checks of files; each question is asked once.
public enum MachineFacts {
  /// How many answers are remembered: hostile files can name anything.
  private static let mostAnswers = 65_536

  /// Lookups by stat(2) and the account databases.
  public static func lookups() -> MachineLookups {
    let book = AccountBook(allow: nil, deny: nil, shadow: nil, nowMicroseconds: 0)
    var programs: [String: ProgramCheck] = [:]
    return MachineLookups(
      program: { path in
        if let known = programs[path] { return known }
        let answer = program(path)
        if programs.count < mostAnswers { programs[path] = answer }
        return answer
      },
      userExists: { name in
        switch book.look(up: name) {
        case .known: true
        case .unknown: false
        case .failed: nil
        }
      },
      hasSendmail: hasSendmail, zone: zones(), now: Instant(microseconds: SystemClock.wall()))
  }

  private static func zones() -> (String?) -> Zone? {
    var database = SystemZones.database()
    let local = SystemZones.local()
    return { name in
      guard let name else { return local }
      do { return try database.zone(named: name) } catch { return nil }
    }
  }

  private static func program(_ path: String) -> ProgramCheck {
    do throws(Errno) {
      let status = try FileStatus.of(path: path)
      return status.kind == .regular && status.permissions & 0o111 != 0 ? .executable : .notExecutable
    } catch {
      return error == .noEntry || error == .notDirectory ? .missing : .unknown
    }
  }

  private static func hasSendmail() -> Bool {
    let directories = (Environment.get("PATH") ?? "").split(separator: ":").prefix(100).map(String.init)
    return (directories + ["/usr/sbin", "/usr/lib"]).contains { program("\($0)/sendmail") == .executable }
  }
}
