import CronSystem
import CronTestSupport
import Testing

@testable import CronDaemon

/// A test that acts as the ticker: a state directory, one slot whose record it locked, and a real worker process.
final class WorkerHarness {
  struct Failure: Error, CustomStringConvertible { let description: String }

  let sandbox: Sandbox
  let state: StateDirectory
  let record: WorkerRecord
  private(set) var pid: Int32 = -1
  private var doorbell: FileDescriptor?
  private var isReaped = false
  private var received: [String] = []
  private var runs = 0

  /// The built program stands beside the test's own.
  static func program() throws -> String {
    let own = try CurrentProcess.executablePath()
    guard let slash = own.lastIndex(of: "/") else { throw Failure(description: "no directory in \(own)") }
    return own[..<slash] + "/cronwatch"
  }

  /// Starts a worker; its standard output is the file `stdout` of the sandbox unless another descriptor is given.
  init(
    forwarding: Bool = false, escaping: Bool = false, runsPerWorker: Int = 1_000, fault: String? = nil,
    standardOutput: Int32? = nil, environment: [String] = ["PATH=/usr/bin:/bin", "SECRET=daemon"]
  ) throws {
    sandbox = try Sandbox()
    state = try StateDirectory.open(sandbox.path(of: "state"), create: true)
    record = try WorkerRecord.open(in: try state.directory(.workers).ensureSubdirectory("0"))
    guard try FileLock.tryLock(record.descriptor) else { throw Failure(description: "the new record is locked") }
    var arguments = WorkerArguments(
      state: state.path, slot: 0, forwardsOutput: forwarding, escapesOutput: escaping, openFiles: 512)
    arguments.runsPerWorker = runsPerWorker
    var pair = try SocketPair()
    let own = pair.takeFirst()
    let theirs = pair.takeSecond()
    let output = try FileDescriptor.open(sandbox.path(of: "stdout"), [.write, .create, .append])
    let log = try FileDescriptor.open(sandbox.path(of: "log"), [.write, .create, .append])
    pid = try Spawn.start(
      try Self.program(), arguments: ["cronwatch", "role", "worker"] + arguments.words,
      environment: environment + (fault.map { ["CRONWATCH_FAULT=" + $0] } ?? []),
      descriptors: [
        Spawn.Inheritance(child: 1, raw: standardOutput ?? output.raw), Spawn.Inheritance(child: 2, raw: log.raw),
        Spawn.Inheritance(child: 3, raw: record.descriptor.raw), Spawn.Inheritance(child: 4, raw: theirs.raw),
      ])
    doorbell = consume own
  }

  deinit {
    doorbell = nil
    if !isReaped {
      do {
        try ProcessDescriptor(child: pid).signal(Signal.kill)
        try Reaper.wait(for: pid)
      } catch { Issue.record("the worker can't be ended: \(error)") }
    }
  }

  // MARK: Orders

  /// An order of a new run, with a deadline far away.
  func order(_ command: SlotOrder.Command) -> SlotOrder {
    runs += 1
    var order = SlotOrder(
      claim: SlotClaim(run: "run-\(runs)", sequence: UInt64(runs)), job: "job", command: command)
    order.environment = [.init(name: "HOME", value: sandbox.path)]
    return order
  }

  func line(_ line: String) -> SlotOrder { order(.line(line)) }

  func submit(_ order: SlotOrder) throws {
    try record.write(order)
    try send("run")
  }

  /// Submits, waits for the end, and reads how it was.
  func perform(_ order: SlotOrder) throws -> ExitFact {
    try submit(order)
    try hear(any: ["ended", "failed", "declined"].map { "\($0) \(order.claim.run)" })
    return try exit(order)
  }

  func perform(_ line: String) throws -> ExitFact { try perform(self.line(line)) }

  func exit(_ order: SlotOrder) throws -> ExitFact {
    let field = record.readExit(order.claim)
    return try #require(field, "no exit field for \(order.claim)")
  }

  /// The kept output of a run; nil = none was kept.
  func output(_ order: SlotOrder) -> String? { sandbox.read("state/output/job/\(order.claim.run).log") }

  // MARK: The doorbell

  func send(_ message: String) throws { _ = try doorbell?.send(Array(message.utf8)) }

  /// The ticker dies, as far as the worker can see.
  func hangUp() { doorbell = nil }

  /// Waits until one of the messages has come; those before it are dropped.
  @discardableResult
  func hear(any wanted: [String], seconds: Double = 20) throws -> String {
    try waitForValue("one of \(wanted); log: \(sandbox.read("log") ?? "")", seconds: seconds) {
      try receive()
      while let message = received.first {
        received.removeFirst()
        if wanted.contains(where: { message == $0 || message.hasPrefix($0 + " ") }) { return message }
      }
      return nil
    }
  }

  @discardableResult
  func hear(_ wanted: String) throws -> String { try hear(any: [wanted]) }

  private(set) var hasHungUp = false

  private func receive() throws {
    guard !hasHungUp else { return }
    while true {
      switch try doorbell?.receive(upTo: 4096) {
      case .bytes(let bytes, _)?: received.append(String(decoding: bytes, as: UTF8.self))
      case .endOfStream?:
        hasHungUp = true
        return
      case .wouldBlock?, nil: return
      }
    }
  }

  // MARK: The process

  func killWorker() throws {
    try ProcessDescriptor(child: pid).signal(Signal.kill)
    _ = try end()
  }

  /// Waits for the worker's end.
  func end() throws -> ExitCause {
    var cause: ExitCause?
    try waitUntil("the worker ends; log: \(sandbox.read("log") ?? "")") {
      cause = try Reaper.reap(pid)?.cause
      return cause != nil
    }
    isReaped = true
    return try #require(cause)
  }

  /// Waits for a file of the sandbox and reads the pid in it.
  func pid(in name: String) throws -> Int32 {
    try waitForValue("a pid in \(name)") {
      self.sandbox.read(name).flatMap { $0.hasSuffix("\n") ? Int32($0.dropLast()) : nil }
    }
  }
}

/// Whether a process runs; a zombie doesn't.
func isRunning(_ pid: Int32) -> Bool { ProcessIdentity.read(pid)?.isAlive ?? false }

/// Ends a process that a test left on purpose.
func endStray(_ pid: Int32) throws {
  guard let identity = ProcessIdentity.read(pid) else { return }
  try ProcessDescriptor(identity)?.signal(Signal.kill)
}
