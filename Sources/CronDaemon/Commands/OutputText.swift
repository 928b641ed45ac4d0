public import CronSystem

/// The kept output of a run, for commands.
public enum OutputText {
  /// Opens the output of a run: where it was kept, or for a live run in its slot; nil = it wrote nothing.
  public static func open(
    _ state: StateDirectory, job: String, run: String, isLive: Bool
  ) throws(Errno) -> FileDescriptor? {
    do throws(Errno) {
      let directory = try state.existingDirectory(.output).openSubdirectory(OutputFiles.directoryName(of: job))
      return try directory.openFile(OutputFiles.fileName(of: run), .read)
    } catch {
      guard error == .noEntry else { throw error }
    }
    guard isLive else { return nil }
    do throws(Errno) {
      for name in try state.existingDirectory(.workers).list() {
        let slot = try state.existingDirectory(.workers).openSubdirectory(name)
        let record = try WorkerRecord(slot.openFile("record", .read))
        if case .order(let order) = record.readOrder(), order.claim.run == run {
          return try slot.openFile("output", .read)
        }
      }
    } catch {
      guard error == .noEntry else { throw error }
    }
    return nil
  }

  /// Copies it to standard output; where `escaping`, with control characters made visible.
  public static func copy(_ file: consuming FileDescriptor, escaping: Bool) throws(Errno) {
    while true {
      let bytes = try file.read(upTo: 1 << 16)
      if bytes.isEmpty { return }
      if escaping {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        try StandardOutput.write(lines.map { HumanText.escaped(String($0)) }.joined(separator: "\n"))
      } else {
        try StandardOutput.write(bytes)
      }
    }
  }
}
