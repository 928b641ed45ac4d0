import Foundation

/// A program that was run to its end: what it wrote to standard output, and its exit status.
public struct ProgramOutput: Sendable, Equatable {
  /// What it wrote.
  public let text: String
  /// Its exit status, or the number of the signal that ended it.
  public let status: Int32

  /// Runs a program by its path, and waits for its end.
  public static func of(_ path: String, _ arguments: [String]) throws -> ProgramOutput {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return ProgramOutput(text: String(decoding: data, as: UTF8.self), status: process.terminationStatus)
  }
}
