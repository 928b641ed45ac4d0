import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// What Debian's own packages bring, read by us and by a reader that knows nothing of us.
@Suite(.ownThread) struct DebianCrontabsTests {
  /// Packages with a file in /etc/cron.d, and the one that has /etc/crontab.
  static let packages = [
    "amavisd-new", "anacron", "awstats", "certbot", "cron-daemon-common", "e2fsprogs", "logcheck", "mailman3", "mdadm",
    "munin", "munin-node", "ntpsec", "php-common", "sysstat",
  ]

  /// Fetches the packages named after the directory, with lists of its own, and unpacks their tables to
  /// DIRECTORY/tables/PACKAGE; nothing is installed. What the release doesn't have is left out.
  static let fetch = """
    cd "$1" && shift && mkdir -p lists/partial cache/archives/partial debs tables
    set -- "$@" --
    while [ "$1" != -- ]; do echo "$1"; shift; done > wanted
    apt="-o Dir::State::Lists=$PWD/lists -o Dir::Cache=$PWD/cache -o APT::Sandbox::User= -o Acquire::Retries=2"
    apt="$apt -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30"
    apt-get $apt -qq update >&2
    apt-cache $apt pkgnames | sort > known
    sort wanted | comm -12 - known > found
    [ -s found ] || { echo 'no package lists can be fetched' >&2; exit 9; }
    (cd debs && xargs apt-get $apt -qq download < ../found >&2) || exit 9
    for deb in debs/*.deb; do
      package=$(dpkg-deb --field "$deb" Package)
      mkdir -p "tables/$package"
      dpkg-deb --fsys-tarfile "$deb" |
        tar -x -C "tables/$package" --wildcards './etc/cron.d/[A-Za-z0-9]*' './etc/crontab' 2>/dev/null
    done
    find tables -type f | sort
    """

  /// Before the clocks of Berlin go forward and back, at the end of a leap year's February, and on a plain day.
  static let instants = [
    "2026-03-28T21:17:30Z", "2026-10-24T23:59:00Z", "2028-02-27T12:00:00Z", "2027-07-07T07:07:07Z",
  ]

  /// Findings about what is installed, not about what is written.
  static let ofTheMachine: Set = [
    "unknown-user", "no-sendmail", "no-mail", "command-not-found", "command-not-executable", "shell-not-found",
  ]

  @Test func `Debian's crontabs load without findings and fire when an independent reader says`() throws {
    try Cronwatch.use { cron in
      let paths = try Self.tables(in: cron)
      let owners = Set(paths.map { $0.split(separator: "/")[2] })
      #expect(owners.count >= 12, "tables of \(owners.sorted())")
      #expect(paths.contains { $0.hasSuffix("/etc/crontab") })
      for path in paths {
        let table = NaiveTable(text(cron.sandbox.path(of: path)))
        let check = try cron.run(["check", "--system", cron.sandbox.path(of: path)])
        #expect(check.exit == 0, "\(path): \(check.output)")
        // What is said of this machine, which has none of the packages, is true; of the tables nothing may be said.
        let codes = try cron.run(["check", "--json", "--system", cron.sandbox.path(of: path)]).jsonLines()
          .compactMap { $0["code"]?.stringValue }
        #expect(Set(codes).isSubset(of: Self.ofTheMachine), "\(path): \(check.output)")
        let jobs = table.schedules.count
        #expect(check.error.contains("cronwatch: \(jobs) \(jobs == 1 ? "job" : "jobs") in 1 file, 0 errors"))
        #expect(jobs > 0, "\(path) has no job")
        for schedule in table.schedules { try Self.compare(schedule, of: path, cron) }
      }
    }
  }

  private static func compare(_ schedule: String, of path: String, _ cron: Cronwatch) throws {
    let naive = NaiveSchedule(schedule)
    // A fixed time that the change of clocks takes or doubles has rules of its own, which are tested elsewhere.
    if naive?.isFixedInTheChangingHour == true { return }
    for from in instants {
      let start = try epochSeconds(from)
      let next = try cron.run(["next", schedule, "--zone", "Europe/Berlin", "--from", from, "--count", "5"])
      let expected = naive?.firstFive(after: start) ?? []
      let instants = next.output.split(separator: "\n").map(String.init)
      #expect(instants == expected, "\(path): \(schedule) after \(from)")
      #expect(next.exit == (expected.isEmpty ? 1 : 0), "\(path): \(schedule): \(next.error)")
    }
  }

  /// The tables' paths below the sandbox; cancels the test where they can't be fetched.
  private static func tables(in cron: Cronwatch) throws -> [String] {
    for tool in ["apt-get", "apt-cache", "dpkg-deb", "tar"] where access("/usr/bin/" + tool, X_OK) != 0 {
      try Test.cancel("\(tool) isn't installed")
    }
    let folder = cron.sandbox.path(of: "debian")
    _ = try cron.sandbox.write("debian/.keep", "")
    for (name, value) in ProcessEnvironment.proxies { cron.environment[name] = value }
    var fetching = try cron.spawn(["-c", fetch, "fetch", folder] + packages, executable: "/bin/sh")
    let (output, error) = (fetching.outputPath, fetching.errorPath)
    let end = try fetching.wait("fetching Debian's packages", seconds: 300, sourceLocation: #_sourceLocation)
    guard end == .exited(0) else {
      let reason = text(error).split(separator: "\n").last { $0.hasPrefix("E:") } ?? "no network"
      try Test.cancel("Debian's packages can't be fetched: \(reason)")
    }
    return text(output).split(separator: "\n").map { "debian/" + $0 }
  }
}

/// What a download needs of the environment.
private enum ProcessEnvironment {
  static var proxies: [(String, String)] {
    ["http_proxy", "https_proxy", "no_proxy"].compactMap { name in
      getenv(name).map { (name, String(cString: $0)) }
    }
  }
}

/// A system crontab, read in the simplest way that can be right for well-formed files: the schedules of its lines.
private struct NaiveTable {
  let schedules: [String]

  init(_ text: String) {
    schedules = text.split(separator: "\n").compactMap { line in
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let first = words.first, let sign = first.first, sign.isNumber || sign == "*" || sign == "@" else {
        return nil
      }
      return words.prefix(sign == "@" ? 1 : 5).joined(separator: " ")
    }
  }
}

/// Five fields, and a walk over minutes.
private struct NaiveSchedule {
  static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
  ]
  static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
  static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  let fields: [String]
  let minutes: Set<Int>
  let hours: Set<Int>
  let daysOfMonth: Set<Int>
  let monthsOfYear: Set<Int>
  let weekdays: Set<Int>

  /// Nil for `@reboot`, which names no instant.
  init?(_ schedule: String) {
    if schedule == "@reboot" { return nil }
    fields = (Self.nicknames[schedule] ?? schedule).split(separator: " ").map { $0.lowercased() }
    minutes = Self.values(fields[0], 0...59)
    hours = Self.values(fields[1], 0...23)
    daysOfMonth = Self.values(fields[2], 1...31)
    monthsOfYear = Self.values(fields[3], 1...12, names: Self.months, firstName: 1)
    weekdays = Set(Self.values(fields[4], 0...7, names: Self.days, firstName: 0).map { $0 % 7 })
  }

  var isFixedInTheChangingHour: Bool { fields[0].first != "*" && fields[1].first != "*" && hours.contains(2) }

  private static func values(
    _ field: String, _ all: ClosedRange<Int>, names: [String] = [], firstName: Int = 0
  ) -> Set<Int> {
    let number = { (text: Substring) in names.firstIndex(of: String(text)).map { $0 + firstName } ?? Int(text) ?? -1 }
    var found: Set<Int> = []
    for part in field.split(separator: ",") {
      let halves = part.split(separator: "/")
      let ends = halves[0].split(separator: "-").map(number)
      let first = halves[0] == "*" ? all.lowerBound : ends[0]
      let last = halves[0] == "*" ? all.upperBound : ends[ends.count - 1]
      for value in stride(from: first, through: last, by: halves.count > 1 ? number(halves[1]) : 1) {
        found.insert(value)
      }
    }
    return found
  }

  /// The five first instants after one, as Berlin's clocks show them; looks at every minute of a year and a half.
  func firstFive(after start: Int) -> [String] {
    var found: [String] = []
    var second = (start / 60 + 1) * 60
    while found.count < 5, second < start + 550 * 86_400 {
      var local = tm()
      let offset = Self.isSummer(second) ? 7_200 : 3_600
      var shifted = time_t(second + offset)
      gmtime_r(&shifted, &local)
      if matches(local) { found.append(Self.text(local, hours: offset / 3_600)) }
      second += 60
    }
    return found
  }

  private func matches(_ local: tm) -> Bool {
    guard minutes.contains(Int(local.tm_min)), hours.contains(Int(local.tm_hour)),
      monthsOfYear.contains(Int(local.tm_mon) + 1)
    else { return false }
    let dayMatches = daysOfMonth.contains(Int(local.tm_mday))
    let weekdayMatches = weekdays.contains(Int(local.tm_wday))
    let isEither = fields[2].first != "*" && fields[4].first != "*"
    return isEither ? dayMatches || weekdayMatches : dayMatches && weekdayMatches
  }

  /// Whether it is summer time in the European Union: from the last Sunday of March to that of October, 01:00 UTC.
  private static func isSummer(_ second: Int) -> Bool {
    var utc = tm()
    var instant = time_t(second)
    gmtime_r(&instant, &utc)
    let month = Int(utc.tm_mon) + 1
    if month != 3 && month != 10 { return month > 3 && month < 10 }
    // Both months have 31 days: after the change is after the last Sunday's 01:00.
    let day = Int(utc.tm_mday)
    let lastSunday = day - Int(utc.tm_wday) + (31 - day + Int(utc.tm_wday)) / 7 * 7
    let hasChanged = day > lastSunday || (day == lastSunday && utc.tm_hour >= 1)
    return (month == 3) == hasChanged
  }

  private static func text(_ local: tm, hours: Int) -> String {
    let pad = { (number: Int32) in number < 10 ? "0\(number)" : "\(number)" }
    return "\(local.tm_year + 1900)-\(pad(local.tm_mon + 1))-\(pad(local.tm_mday))"
      + "T\(pad(local.tm_hour)):\(pad(local.tm_min)):00+0\(hours):00"
  }
}
