import CronDaemon
import CronSystem
import CronTestSupport
import Glibc
import Testing

@Suite struct ServiceManagerTests {
  private func environment(_ values: [String: String]) -> (String) -> String? { { values[$0] } }

  private func messages(_ socket: borrowing FileDescriptor) throws -> [String] {
    var all: [String] = []
    while case .bytes(let bytes, _) = try socket.receive(upTo: 4096) {
      all.append(String(decoding: bytes, as: UTF8.self))
    }
    return all
  }

  @Test func `what a busy manager doesn't take is said later, the newest of each kind`() throws {
    let sandbox = try Sandbox()
    let ear = try UnixSocket.listen(in: sandbox.directory, name: "notify", kind: .datagrams)
    let manager = ServiceManager(environment: environment(["NOTIFY_SOCKET": sandbox.path(of: "notify")]))
    // Each sender has room of its own, until the listener's queue is full.
    for _ in 0..<100 {
      let crowd = try NotifySocket(address: sandbox.path(of: "notify"))
      var sent = 0
      while sent < 100_000, try crowd.send(["X=1"]) { sent += 1 }
      if sent == 0 { break }
    }
    #expect(!manager.send(.ready))
    #expect(!manager.send(.status("old")))
    #expect(!manager.send(.reloading(monotonicMicroseconds: 7)))
    #expect(!manager.send(.status("new")))
    #expect(!manager.send(.ready))
    _ = try messages(ear)
    #expect(manager.flush())
    #expect(try messages(ear) == ["RELOADING=1\nMONOTONIC_USEC=7", "STATUS=new", "READY=1"])
    #expect(manager.flush())
    #expect(try messages(ear) == [])
  }

  @Test func `a manager that comes late, or listens anew at its name, hears the next message`() throws {
    let sandbox = try Sandbox()
    let manager = ServiceManager(environment: environment(["NOTIFY_SOCKET": sandbox.path(of: "notify")]))
    #expect(!manager.send(.ready))
    do {
      let first = try UnixSocket.listen(in: sandbox.directory, name: "notify", kind: .datagrams)
      #expect(manager.send(.watchdog))
      #expect(try messages(first) == ["READY=1", "WATCHDOG=1"])
    }
    unlink(sandbox.path(of: "notify"))
    let second = try UnixSocket.listen(in: sandbox.directory, name: "notify", kind: .datagrams)
    #expect(manager.send(.stopping))
    #expect(try messages(second) == ["STOPPING=1"])
  }

  /// WATCHDOG_USEC, WATCHDOG_PID, and the milliseconds.
  private static let periods: [(String?, String?, Int64?)] = [
    ("60000000", nil, 30_000), ("60000000", "4711", 30_000), ("60000000", "4712", nil), ("1", nil, 1), ("0", nil, nil),
    ("soon", nil, nil), (nil, nil, nil),
  ]

  @Test(arguments: periods)
  func `proofs of life are wanted at half the watchdog's period, by the process that it names`(
    period: String?, pid: String?, milliseconds: Int64?
  ) {
    var values = ["NOTIFY_SOCKET": "@nobody"]
    values["WATCHDOG_USEC"] = period
    values["WATCHDOG_PID"] = pid
    #expect(ServiceManager(environment: environment(values), pid: 4711).watchdogMilliseconds == milliseconds)
    values["NOTIFY_SOCKET"] = nil
    #expect(ServiceManager(environment: environment(values), pid: 4711).watchdogMilliseconds == nil)
  }

  @Test func `without a manager every message is well received`() {
    #expect(ServiceManager(environment: { _ in nil }).send(.ready))
  }
}
