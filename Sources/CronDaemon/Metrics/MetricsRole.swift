internal import CronSystem
internal import CronTime

/// `cronwatch role metrics …`: writes the metrics file once, in a process that may hang without harm.
///
/// The file may lie anywhere, on a dead mount too: neither ticker nor watcher ever touches it.
public enum MetricsRole {
  /// Writes, and returns the exit status: 0, 64, 73 when it can't be written, 75 when status can't be told.
  public static func main(_ arguments: RoleArguments) -> Int32 {
    guard let path = arguments["state"], let file = arguments["metrics-file"], file.hasPrefix("/") else { return 64 }
    let state: StateDirectory
    do throws(StateError) { state = try StateDirectory.open(path, create: false) } catch { return error.exitStatus }
    let problem = MetricsProblemFile(state)
    do throws(Errno) {
      var facts = try StatusCollector(state).collect()
      // The watcher that says its last word holds its lock for a moment more; who can't be told is it as well, for one
      // that follows says its own.
      if let leaving = arguments.number("without", as: Int32.self), facts.watcher.pid ?? leaving == leaving {
        facts.watcher = .absent
      }
      let text = MetricsText.render(
        StatusEvaluator.evaluate(facts), counters: CountersFile(state).read(), now: facts.now)
      do throws(Errno) {
        Fault.point("metrics.write")
        try write(Array(text.utf8), to: file)
        problem.set(nil)
        return 0
      } catch {
        problem.set("the metrics file \(file) can't be written: \(error)")
        return 73
      }
    } catch {
      return 75
    }
  }

  /// Beside the file, then renamed over it: a collector sees the old one or the new one, whole. Nothing is synced, for
  /// after a crash of the machine it is written anew.
  private static func write(_ bytes: [UInt8], to path: String) throws(Errno) {
    guard let slash = path.lastIndex(of: "/"), path.index(after: slash) < path.endIndex else { throw .isDirectory }
    let directory = try Directory.open(slash == path.startIndex ? "/" : String(path[..<slash]))
    let name = String(path[path.index(after: slash)...])
    // Collectors take names that end in .prom: the temporary one doesn't.
    let temporary = ".\(name).\(CurrentProcess.identifier).tmp"
    do { try directory.unlink(temporary) } catch .noEntry {}
    let file = try directory.openFile(temporary, [.write, .create, .exclusive], permissions: 0o644)
    do throws(Errno) {
      try file.setPermissions(0o644)
      try file.write(bytes)
      try file.close()
      try directory.rename(temporary, to: name)
    } catch {
      do { try directory.unlink(temporary) } catch {}
      throw error
    }
  }
}
