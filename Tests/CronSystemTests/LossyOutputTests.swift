import CronSystem
import CronTestSupport
import Testing

@Suite struct LossyOutputTests {
  @Test func `a pipe that nobody reads loses lines instead of blocking its writer, and takes lines again once read`()
    throws
  {
    var pipe = try Pipe()
    let reader = pipe.takeReadEnd()
    let writer = pipe.takeWriteEnd()
    let output = LossyOutput(writer.raw)
    let line = Array(repeating: UInt8(ascii: "x"), count: 999) + [UInt8(ascii: "\n")]
    var taken = 0
    while output.write(line) { taken += 1 }
    #expect(taken > 0)
    #expect(!output.write(line))
    #expect(try reader.read(upTo: 1 << 20).count >= taken * 1_000)
    #expect(output.write(line))
    // Others who share the descriptor find it as it was.
    try reader.setNonBlocking(true)
    while case .bytes = try reader.readAvailable(upTo: 1 << 20) {}
    try writer.write(line)
    #expect(try reader.read(upTo: 1 << 20) == line)
  }

  @Test func `a socket that nobody reads loses lines instead of blocking its writer`() throws {
    var pair = try SocketPair(.stream)
    let reader = pair.takeFirst()
    let writer = pair.takeSecond()
    try writer.setNonBlocking(false)
    let output = LossyOutput(writer.raw)
    let line = Array(repeating: UInt8(ascii: "x"), count: 1_000)
    var taken = 0
    while output.write(line) { taken += 1 }
    #expect(taken > 0)
    _ = consume reader
    #expect(!output.write(line))
  }

  @Test func `a file takes everything`() throws {
    let sandbox = try Sandbox()
    let file = try sandbox.directory.openFile("log", [.write, .create, .append])
    let output = LossyOutput(file.raw)
    for _ in 0..<3 { #expect(output.write(Array("line\n".utf8))) }
    #expect(sandbox.read("log") == "line\nline\nline\n")
  }
}
