internal import CronConfig
internal import CronSystem
internal import CronTime

/// The last good copy of every source, in `last-good/sources`: what stays in use when a source can't be read.
///
/// A copy is one header line with the source's path and fingerprint, then the bytes; one that doesn't agree with its
/// header counts as absent.
struct SourceCopies: ~Copyable {
  /// A copy that agreed with its header.
  struct Copy: Hashable {
    var bytes: [UInt8]
    var fingerprint: SourceFingerprint
  }

  private static let markerName = "reading"
  private static let header = "SOURCE"

  private let lastGood: Directory
  private let directory: Directory

  init(_ state: StateDirectory) throws(Errno) {
    let parent = try state.directory(.lastGood)
    directory = try parent.ensureSubdirectory("sources")
    lastGood = parent
  }

  /// The copy of a source; nil when there is none that is whole.
  func copy(of path: String) -> Copy? {
    do {
      let bytes = try AtomicFile.read(
        in: directory, name: Self.fileName(path), limit: CrontabParser.largestFile + 65_536)
      return Self.parse(bytes, path: path)
    } catch {
      return nil
    }
  }

  /// Replaces the copy of a source, unless the same bytes stand there.
  func keep(_ bytes: [UInt8], fingerprint: SourceFingerprint, of path: String) throws(Errno) {
    let name = Self.fileName(path)
    if let old = copy(of: path), old.fingerprint.checksum == fingerprint.checksum, old.bytes == bytes { return }
    let line = SlotText.line(
      Self.header,
      [
        ("path", path), ("size", String(fingerprint.size)), ("mtime_ns", String(fingerprint.modifiedNanoseconds)),
        ("inode", String(fingerprint.inode)), ("content", Checksum.hexadecimal(fingerprint.checksum)),
      ])
    try AtomicFile.replace(in: directory, name: name, bytes: line + bytes)
  }

  /// Removes the copies of sources that aren't any more.
  func forgetAll(except paths: [String]) {
    let wanted = Set(paths.map(Self.fileName))
    do {
      for name in try directory.list() where !wanted.contains(name) { try directory.unlink(name) }
    } catch {
      return  // they cost space only
    }
  }

  // MARK: The source that is being read

  /// Says which source is being read, so that whoever kills a reader that hangs knows where it hung.
  func mark(reading path: String) {
    do {
      let file = try lastGood.openFile(Self.markerName, [.readWrite, .create])
      try file.write(SealedText.seal(Array(path.utf8), size: 8192), at: 0)
    } catch {
      return  // a hint less
    }
  }

  /// Nothing is being read any more.
  func unmark() {
    do { try lastGood.unlink(Self.markerName) } catch {}
  }

  /// Forgets what an earlier reader was reading, before another begins.
  static func forgetMarked(_ state: StateDirectory) {
    do { try state.existingDirectory(.lastGood).unlink(markerName) } catch {}
  }

  /// The source that a reader was reading when it was ended; nil = none.
  static func marked(_ state: StateDirectory) -> String? {
    do {
      let bytes = try AtomicFile.read(
        in: try state.existingDirectory(.lastGood), name: markerName, limit: 16_384)
      return SealedText.open(bytes[...]).map { String(decoding: $0, as: UTF8.self) }
    } catch {
      return nil
    }
  }

  // MARK: Form

  /// Two paths may share a name: then the copy of one counts as absent for the other, because the header has the path.
  private static func fileName(_ path: String) -> String {
    let readable = path.split(separator: "/").last.map { $0.utf8.prefix(40).filter(isPlain) } ?? []
    return "\(Checksum.hexadecimal(Checksum.crc32c(path.utf8)))-\(path.utf8.count)-"
      + String(decoding: readable, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  static func parse(_ file: [UInt8], path: String) -> Copy? {
    guard let end = file.prefix(32_768).firstIndex(of: UInt8(ascii: "\n")),
      let fields = SlotText.fields(header, in: Array(file[...end])), fields["path"] == path,
      let size = fields["size"].flatMap({ Int64($0) }), let modified = fields["mtime_ns"].flatMap({ Int64($0) }),
      let inode = fields["inode"].flatMap({ UInt64($0) }),
      let checksum = fields["content"].flatMap({ UInt32($0, radix: 16) })
    else { return nil }
    let bytes = Array(file[(end + 1)...])
    guard Int64(bytes.count) == size, CRC32C.checksum(bytes) == checksum else { return nil }
    return Copy(
      bytes: bytes,
      fingerprint: SourceFingerprint(size: size, modifiedNanoseconds: modified, inode: inode, checksum: checksum))
  }
}
