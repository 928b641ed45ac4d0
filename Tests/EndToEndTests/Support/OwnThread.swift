import Glibc
import Testing

/// Runs each test of a suite on a thread of its own, a bounded number at a time.
///
/// These tests block while the program works; on the shared threads of the test run they would hold up all others.
struct OwnThreadTrait: SuiteTrait, TestTrait, TestScoping {
  let isRecursive = true

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    await Gate.shared.enter()
    do {
      try await withTaskExecutorPreference(ThreadExecutor()) { try await function() }
    } catch {
      await Gate.shared.leave()
      throw error
    }
    await Gate.shared.leave()
  }
}

extension Trait where Self == OwnThreadTrait {
  /// The tests have threads of their own.
  static var ownThread: OwnThreadTrait { OwnThreadTrait() }
}

/// Lets so many in at a time: each of them has some eight processes of its own.
private actor Gate {
  static let shared = Gate(room: 6)

  private var room: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(room: Int) { self.room = room }

  func enter() async {
    if room > 0 {
      room -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func leave() {
    if waiting.isEmpty { room += 1 } else { waiting.removeFirst().resume() }
  }
}

/// A new thread for each job; a test that never suspends is one job.
private final class ThreadExecutor: TaskExecutor {
  private final class Work: Sendable {
    let perform: @Sendable () -> Void
    init(_ perform: @escaping @Sendable () -> Void) { self.perform = perform }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let work = Unmanaged.passRetained(Work { job.runSynchronously(on: self.asUnownedTaskExecutor()) })
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().perform() }
        return nil
      }, work.toOpaque())
    precondition(failure == 0, "pthread_create: \(failure)")
    pthread_detach(thread)
  }
}
