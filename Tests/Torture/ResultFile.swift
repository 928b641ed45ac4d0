import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Glibc
import Testing

/// Results on disk, from which docs/faults.md is made and any run can be repeated.
enum ResultFile {
  /// What was tested: the commit, as bin/torture tells it, and the build.
  static var origin: [(String, JSONValue)] {
    [
      ("commit", .string(Environment.get("CRONWATCH_TORTURE_COMMIT") ?? "unknown")),
      ("build", .string(Program.path.hasSuffix("/release/cronwatch") ? "release" : "debug")),
      ("kernel", .string(kernel)), ("at", .string(now)),
    ]
  }

  private static var kernel: String {
    let words = text("/proc/sys/kernel/osrelease").split { $0 == "-" || $0 == "\n" }
    return words.first.map(String.init) ?? ""
  }

  /// Today, in UTC.
  private static var now: String {
    var seconds = time(nil)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }

  /// Puts these results among those that the file has, a line each.
  static func merge(_ results: [RowResult], into path: String, _ options: Options) throws {
    var lines: [Int: JSONValue] = [:]
    if let old = try? JSONReader.parse(Array(text(path).utf8)) {
      for row in old["rows"]?.arrayValue ?? [] {
        if let number = row["row"]?.integerValue { lines[Int(number)] = row }
      }
    }
    for result in results { lines[result.number] = result.row(options) }
    let known = Set(FaultRow.all.map(\.number))
    let rows = lines.filter { known.contains($0.key) }.sorted { $0.key < $1.key }.map { JSONWriter.text($0.value) }
    let digest = Account.digest(rows.joined(separator: "\n"))
    try write("{\"digest\":\"\(digest)\",\"rows\":[\n" + rows.joined(separator: ",\n") + "\n]}\n", to: path)
  }

  /// Puts a soak among those that the file has, one of each seed.
  static func merge(soak: JSONValue, into path: String) throws {
    var runs = (try? JSONReader.parse(Array(text(path).utf8)))?["soaks"]?.arrayValue ?? []
    runs.removeAll { $0["seed"] == soak["seed"] }
    runs.append(soak)
    let lines = runs.map { JSONWriter.text($0) }
    try write("{\"soaks\":[\n" + lines.joined(separator: ",\n") + "\n]}\n", to: path)
  }

  /// Puts a part of the leak campaign in the place of the one that the file has.
  static func merge(leak: JSONValue, into path: String) throws {
    var parts = (try? JSONReader.parse(Array(text(path).utf8)))?["leaks"]?.arrayValue ?? []
    parts.removeAll { $0["what"] == leak["what"] }
    parts.append(leak)
    try write("{\"leaks\":[\n" + parts.map { JSONWriter.text($0) }.joined(separator: ",\n") + "\n]}\n", to: path)
  }

  static func write(_ text: String, to path: String) throws {
    let file = try FileDescriptor.open(path, [.write, .create, .truncate], permissions: 0o644)
    try file.write(Array(text.utf8))
    try file.close()
  }

  /// Copies an instance's directory to where `--keep` says; what can't be copied is lost.
  static func keep(_ cron: Cronwatch, as name: String, _ options: Options) {
    guard let directory = options.keep else { return }
    do {
      try Surroundings.run(["mkdir", "-p", directory], in: cron)
      try Surroundings.run(["cp", "-a", cron.sandbox.path, "\(directory)/\(name)-\(getpid())"], in: cron)
      Report.say("torture: kept \(directory)/\(name)-\(getpid())")
    } catch {
      Report.say("torture: \(cron.sandbox.path) can't be kept: \(error)")
    }
  }
}

extension RowResult {
  /// One line of the result file.
  fileprivate func row(_ options: Options) -> JSONValue {
    let own = (json.objectValue?.members ?? []).map { ($0.key, $0.value) }
    return .object(JSONObject(own + ResultFile.origin + [("seed", .string(String(options.seed)))]))
  }
}
