import Glibc
import Synchronization
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
    try await withTaskExecutorPreference(OwnThreads.shared) { try await function() }
  }
}

extension Trait where Self == OwnThreadTrait {
  /// The tests have threads of their own.
  static var ownThread: OwnThreadTrait { OwnThreadTrait() }
}

/// So many threads, each of which takes one test after another: each test has some eight processes of its own.
///
/// A test that never suspends is one job. Nothing here waits for the shared threads, which other tests keep busy.
private final class OwnThreads: TaskExecutor {
  static let shared = OwnThreads(count: 6)

  private let jobs = Mutex<[UnownedJob]>([])
  private let available = Semaphore()

  init(count: Int) {
    for _ in 0..<count { startThread() }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    available.signal()
  }

  private func work() -> Never {
    while true {
      available.wait()
      let job = jobs.withLock { $0.removeFirst() }
      job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }

  private func startThread() {
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<OwnThreads>.fromOpaque(argument).takeUnretainedValue().work()
      }, Unmanaged.passUnretained(self).toOpaque())
    precondition(failure == 0, "pthread_create: \(failure)")
    pthread_detach(thread)
  }
}

/// A POSIX semaphore (sem_overview(7)) that lives as long as the process.
private final class Semaphore: @unchecked Sendable {
  private let place = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { precondition(sem_init(place, 0, 0) == 0, "sem_init: \(errno)") }

  func signal() { sem_post(place) }

  func wait() {
    // A signal's handler may interrupt it.
    while sem_wait(place) != 0 {}
  }
}
