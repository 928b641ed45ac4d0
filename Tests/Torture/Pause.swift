import CronSystem
import EndToEndSupport
import Glibc

/// Short waits between two looks.
enum Pause {
  static func milliseconds(_ count: Int32) { _ = poll(nil, 0, count) }
}

extension Processes {
  /// Kills every process of ours of one instance, watchers first; its jobs live on.
  static func killRoles(_ cron: Cronwatch) {
    for _ in 0..<20 {
      let victims = Victims.look(cron.state).all
      if victims.isEmpty { return }
      for role in ["init", "start", "watcher", "ticker", "reader", "worker"] {
        for victim in victims where victim.role == role {
          do { try ProcessDescriptor(victim.identity)?.signal(Signal.kill) } catch {}
        }
      }
      Pause.milliseconds(10)
    }
  }
}
