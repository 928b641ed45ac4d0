import CronSystem
import CronTestSupport
import CronWire
import EndToEndSupport
import Testing

/// The output of a job whose worker died is bounded as its worker would have done it.
@Suite(.ownThread)
struct OutputAloneTests {
  /// Whether the job goes on after it has written too much, so that it has to be cut meanwhile.
  @Test(.acceptance(57), arguments: [true, false])
  func `a job whose worker died writes no more to the disk than its limit`(goesOn: Bool) throws {
    try Cronwatch.use(configuration: "[ticker]\ninterval = 1s\n[jobs]\noutput-limit = 64K\n") { cron in
      let flood = "; echo begun; while [ ! -e $SANDBOX/go ]; do sleep 0.05; done; yes | head -c 20000000"
      let ending = "; while [ ! -e $SANDBOX/end ]; do sleep 0.05; done; echo last words"
      try cron.crontab(Cronwatch.evidenceLine("0 0 29 2 *", name: "flood", then: flood + ending))
      try cron.start()
      let started = try cron.run(["run", "flood"])
      try #require(started.exit == 0, "\(started.error)")
      let run = String(started.output.prefix { $0 != "\n" })
      let pid = try waitForValue("the job's pid") { try cron.status()["running"]?[0]?["pid"]?.integerValue }
      let worker = try #require(ProcessStatus.read(Int32(pid)).flatMap { ProcessIdentity.read($0.parent) })
      try #require(cron.workers().contains(worker))
      if !goesOn { try cron.sandbox.write("end", "") }
      try cron.kill(worker)
      try cron.sandbox.write("go", "")
      if goesOn {
        try cron.wait("what is too much is cut from the middle while it runs") {
          let status = try cron.output()
          return status.size > 20_000_000 && status.allocatedSize < 128 << 10
        }
        try cron.sandbox.write("end", "")
      }
      let row = try waitForValue("its end") { try cron.runs("flood").first { $0.outcome != nil } }
      #expect(row.run == run)
      #expect(row.outcome == "succeeded", "\(row.json)")
      let kept = try FileDescriptor.open(cron.state + "/output/flood/\(run).log", .read)
      let status = try kept.status()
      #expect(status.size > 20_000_000)
      #expect(status.allocatedSize < 128 << 10)
      // Its beginning and its end are kept, and between them what was dropped reads as NULs.
      #expect(String(decoding: try kept.read(upTo: 8, at: 0), as: UTF8.self) == "begun\ny\n")
      let end = String(decoding: try kept.read(upTo: 64, at: status.size - 13), as: UTF8.self)
      #expect(end == "y\nlast words\n")
      #expect(try kept.read(upTo: 16, at: 10_000_000) == [UInt8](repeating: 0, count: 16))
      try cron.stop()
    }
  }
}

extension Cronwatch {
  /// What the slots' output files are together, of which one is written.
  fileprivate func output() throws -> FileStatus {
    let workers = try Directory.open(state + "/workers")
    for name in try workers.list() {
      if let status = try workers.openSubdirectory(name).status("output"), status.size > 0 { return status }
    }
    throw Errno.noEntry
  }
}
