package import CronSystem

/// The processes of one test: those whose command line or environment names its directory.
package enum Processes {
  /// Their identities; zombies aren't among them, unless asked for.
  package static func naming(_ directory: String) -> [ProcessIdentity] {
    return all().filter { pid in
      pid != CurrentProcess.identifier
        && (holds("/proc/\(pid)/cmdline", directory) || holds("/proc/\(pid)/environ", directory))
    }
    .compactMap { ProcessIdentity.read($0) }
    .filter(\.isAlive)
  }

  /// Every pid there is.
  package static func all() -> [Int32] {
    let names = (try? Directory.open("/proc").list()) ?? []
    return names.compactMap { Int32($0) }
  }

  /// The pids below a process, itself not among them.
  package static func descendants(of pid: Int32) -> [Int32] {
    var found: [Int32] = []
    var waiting = [pid]
    while let next = waiting.popLast() {
      let children = ProcessStatus.children(of: next)
      found += children
      waiting += children
    }
    return found
  }

  /// Kills them, watchers first so that nothing is respawned, and waits until they hold nothing any more; returns those
  /// that were there.
  @discardableResult
  package static func killAll(naming directory: String) -> [String] {
    var killed: [String] = []
    for _ in 0..<50 {
      let found = naming(directory)
      if found.isEmpty { break }
      for identity in found.sorted(by: { rank($0.pid) < rank($1.pid) }) {
        killed.append((ProcessStatus.commandLine(of: identity.pid) ?? []).prefix(3).joined(separator: " "))
        do { try ProcessDescriptor(identity)?.signal(Signal.kill) } catch {}
      }
      found.forEach(waitForEnd)
    }
    return killed
  }

  /// A process that is being taken apart has no name left, but still its locks.
  private static func waitForEnd(of identity: ProcessIdentity) {
    do {
      guard let process = try ProcessDescriptor(identity) else { return }
      let poller = try Poller()
      try poller.add(process.raw, token: 0)
      _ = try poller.wait(timeoutMilliseconds: 10_000)
    } catch {}
  }

  private static func rank(_ pid: Int32) -> Int {
    let words = ProcessStatus.commandLine(of: pid) ?? []
    guard words.count > 2, words[1] == "role" else { return 4 }
    return ["init": 0, "watcher": 1, "ticker": 2][words[2]] ?? 3
  }

  private static func holds(_ path: String, _ text: String) -> Bool {
    guard let bytes = try? FileDescriptor.open(path, .read).readToEnd(limit: 4 << 20) else { return false }
    return String(decoding: bytes, as: UTF8.self).contains(text)
  }
}
