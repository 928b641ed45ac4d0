internal import CronConfig
internal import CronSystem

/// The role `reader`: reads what users wrote, in a process of its own that may hang or crash at no cost.
///
/// `cronwatch role reader --state DIR --config FILE [--crontab FILE]… [--skip FILE]… [--watch yes]` writes
/// `last-good/table`.
public enum ReaderRole {
  /// The table's name in `last-good`.
  public static let tableName = "table"
  /// The largest table, in bytes.
  public static let largestTable = 1 << 30

  /// Reads once; 0 = the table is written or unchanged, 78 = bad settings and no good copy, 73 = it can't be written.
  public static func main(_ arguments: RoleArguments) -> Int32 {
    let logger = Logger(role: "reader", settings: arguments.logging)
    guard let path = arguments["state"] else {
      logger.error("the arguments of a reader are incomplete")
      return 64
    }
    let state: StateDirectory
    do {
      state = try StateDirectory.open(path, create: false)
    } catch {
      logger.error("\(error)")
      return error.exitStatus
    }
    Fault.point("reader.started")
    var request = ConfigurationReader.Request()
    request.configuration = arguments["config"] ?? ""
    request.crontabs = arguments.all("crontab")
    request.skipped = arguments.all("skip")
    request.root = arguments["root"] ?? ""
    do throws(Errno) {
      let watches = arguments.flag("watch") ? try SourceWatches() : nil
      var reader = try ConfigurationReader(state, request, watches: watches)
      guard let table = reader.read() else {
        for finding in reader.diagnostics.prefix(20) { logger.error(finding.text) }
        return 78
      }
      Fault.point("reader.before-write")
      let isChanged = try write(table, state)
      Fault.point("reader.written")
      // The findings are said by the ticker when it loads the table.
      logger.debug("read", LogField("jobs", table.jobs.count), LogField("changed", isChanged ? "yes" : "no"))
      return 0
    } catch {
      logger.error("the job table can't be written", LogField("error", error))
      return 73
    }
  }

  /// Whether an end is what a reader has to say; any other is a death.
  static func isAnswer(_ cause: ExitCause) -> Bool {
    guard case .exited(let status) = cause else { return false }
    return [0, 64, 69, 73, 75, 77, 78].contains(status)
  }

  /// The source that a reader was reading when it was ended, for `--skip`; nil = it was reading none.
  public static func interruptedSource(_ state: StateDirectory) -> String? { SourceCopies.marked(state) }

  /// Whether the table differs from what stood there.
  private static func write(_ table: JobTable, _ state: StateDirectory) throws(Errno) -> Bool {
    let directory = try state.directory(.lastGood)
    let bytes = JobTableCodec.encode(table)
    do {
      if try AtomicFile.read(in: directory, name: tableName, limit: largestTable) == bytes { return false }
    } catch {
      // What can't be read is replaced: it is only compiled from what was just read.
    }
    try AtomicFile.replace(in: directory, name: tableName, bytes: bytes)
    return true
  }
}
