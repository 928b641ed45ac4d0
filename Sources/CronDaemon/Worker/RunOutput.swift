import CronSystem

/// The output of the current run: one file, given to the job itself, followed and bounded by the worker.
///
/// A file and not a pipe: a dead worker must not kill its job by SIGPIPE, and a grandchild that keeps it open must not
/// keep the run open.
struct RunOutput: ~Copyable {
  private let slot: Directory
  private let file: FileDescriptor
  private let limit: Int64
  /// Where following has come to.
  private var followed: Int64 = 0
  private var partialLine: [UInt8] = []
  /// From here on the middle is being dropped; 0 = nothing yet.
  private var droppedUpTo: Int64 = 0

  /// The longest piece of a line that is forwarded in one go.
  private static let longestLine = 64 * 1024

  /// Opens an empty output file in the slot for the job's user.
  ///
  /// An empty file of an earlier run serves again if nobody has it open for writing; else it is left to whoever has it.
  init(slotDirectory: consuming Directory, limit: Int64, owner: LaunchIdentity?) throws(Errno) {
    slot = slotDirectory
    self.limit = limit
    file = try Self.open(in: slot, owner: owner)
  }

  private static func open(
    in slot: borrowing Directory, owner: LaunchIdentity?
  ) throws(Errno) -> FileDescriptor {
    let wanted = owner?.userIdentifier ?? CurrentProcess.effectiveUser
    if let status = try slot.status("output") {
      if status.kind == .regular, status.size == 0, status.userIdentifier == wanted, status.links == 1 {
        let reader = try slot.openFile("output", .read)
        if try FileLease.hasNoWriters(reader) { return try slot.openFile("output", [.readWrite, .append]) }
      }
      try slot.unlink("output")
    }
    let file = try slot.openFile("output", [.readWrite, .append, .create, .exclusive])
    if let owner {
      try file.setOwner(userIdentifier: owner.userIdentifier, groupIdentifier: owner.groupIdentifier)
    }
    return file
  }

  /// For the job's descriptors 1 and 2.
  var raw: Int32 { file.raw }

  /// Adds a line of ours, such as the shell's `not found`.
  func append(_ line: String) {
    do { try file.write(Array((line + "\n").utf8)) } catch {}
  }

  /// Bytes that the file has, holes included.
  var size: Int64 {
    do { return try file.size() } catch { return 0 }
  }

  /// Keeps the file within its limit by giving back the blocks of its middle: the head and the newest part stay.
  mutating func bound() {
    let size = self.size
    guard limit > 0, size > limit else { return }
    let head = limit / 2
    let tail = max(head, size - limit / 2)
    let (from, to) = (max(head, droppedUpTo), tail)
    guard to > from else { return }
    do {
      try file.punchHole(offset: from, length: to - from)
      droppedUpTo = to
    } catch {
      // No holes here: the head stays, and appending goes on behind it.
      do { try file.truncate(to: head) } catch {}
    }
  }

  /// Forwards what was written since the last time, whole lines as `name | line`; `atEnd` also what has no newline.
  mutating func follow(name: String, escaping: Bool, atEnd: Bool) {
    while true {
      let bytes: [UInt8]
      do { bytes = try file.read(upTo: Self.longestLine, at: followed) } catch { return }
      if bytes.isEmpty { break }
      followed += Int64(bytes.count)
      partialLine += bytes
      while let end = partialLine.firstIndex(of: UInt8(ascii: "\n")) {
        Self.forward(Array(partialLine[..<end]), name: name, escaping: escaping)
        partialLine.removeFirst(end + 1)
      }
      if partialLine.count >= Self.longestLine {
        Self.forward(partialLine, name: name, escaping: escaping)
        partialLine = []
      }
    }
    if atEnd, !partialLine.isEmpty {
      Self.forward(partialLine, name: name, escaping: escaping)
      partialLine = []
    }
  }

  /// One write(2) a line, so that lines of several jobs never mix.
  private static func forward(_ line: [UInt8], name: String, escaping: Bool) {
    var shown = line
    if shown.last == UInt8(ascii: "\r") { shown.removeLast() }
    if escaping { shown = Array(HumanText.escaped(String(decoding: shown, as: UTF8.self)).utf8) }
    do { try StandardOutput.write(Array("\(name) | ".utf8) + shown + [UInt8(ascii: "\n")]) } catch {}
  }

  /// Moves a non-empty file to `output/JOB/RUN.log` and returns its size; 0 = nothing was kept.
  consuming func keep(in outputs: borrowing Directory, job: String, run: String) -> Int64 {
    let size = self.size
    guard size > 0 else { return 0 }
    do {
      let directory = try outputs.ensureSubdirectory(OutputFiles.directoryName(of: job))
      try slot.rename("output", into: directory, as: OutputFiles.fileName(of: run))
      return size
    } catch {
      return 0
    }
  }
}

/// Where the kept output of a run stands.
enum OutputFiles {
  /// A job's name as a directory: the slash of a scoped name is escaped.
  static func directoryName(of job: String) -> String {
    job.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F")
  }

  static func fileName(of run: String) -> String { run + ".log" }
}
