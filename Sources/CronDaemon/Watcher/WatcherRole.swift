internal import CronSystem

/// The role `watcher`: what `cronwatch role watcher …` runs.
public enum WatcherRole {
  /// Watches until it is stopped; returns the exit status: 0, 64, 69 (another watcher), 73, 77, 70.
  public static func main(_ arguments: RoleArguments) -> Int32 {
    guard let arguments = WatcherArguments(arguments) else {
      complain("role watcher: bad arguments")
      return 64
    }
    let trail = Trail.inPlaceOfStandardInput()
    let ready = ReadyPipe(arguments.readyDescriptor)
    do throws(WatcherFailure) {
      return try started(arguments, ready, trail).run()
    } catch {
      ready.failed(error.status, error.message)
      complain(error.message)
      return error.status
    }
  }

  private static func started(
    _ arguments: WatcherArguments, _ ready: ReadyPipe, _ trail: Trail
  ) throws(WatcherFailure) -> Watcher {
    let state: StateDirectory
    do { state = try StateDirectory.open(arguments.state, create: true) } catch {
      throw WatcherFailure(status: error.exitStatus, message: error.description)
    }
    let attempt: LockAttempt
    do throws(Errno) {
      if let raw = arguments.lockDescriptor, let kept = try RoleLock.keep(.watcher, in: state, raw: raw) {
        attempt = .taken(kept)
      } else {
        attempt = try RoleLock.take(.watcher, in: state)
      }
    } catch {
      // Not contention: saying "another one runs" would hide a full table of descriptors or a broken disk.
      let path = "\(state.path)/\(RoleLock.Role.watcher.fileName)"
      throw WatcherFailure(
        status: StateError(path: path, errno: error).exitStatus, message: "\(path): can't lock: \(error)")
    }
    switch attempt {
    case .busy(let holder):
      let pid = holder.map { "pid \($0.pid)" } ?? "a process that can't be told"
      throw WatcherFailure(status: 69, message: "\(state.path): already watched by \(pid)")
    case .taken(let lock):
      do throws(Errno) {
        // Before anything is spawned: a signal from here on waits in the descriptor.
        let signals = try SignalDescriptor()
        return try Watcher(arguments, state: state, lock: lock, ready: ready, signals: signals, trail: trail)
      } catch {
        throw WatcherFailure(status: 70, message: "the watcher can't start: \(error)")
      }
    }
  }

  private static func complain(_ message: String) {
    do { try StandardError.write("cronwatch: \(message)\n") } catch {}
  }
}
