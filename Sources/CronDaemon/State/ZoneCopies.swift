internal import CronSystem
public import CronTime

/// Zone data as jobs went by it, `zones/HASH-SOURCE`: the system replaces its own without keeping what was.
///
/// `zones/names` lists the zones that the last table went by: a name of it whose data can't be read just now is no
/// mistake of the user's. What came due under replaced data is told by it: to the first table after a start, and to the
/// audit. A file that isn't what its name says (a crash of the machine may leave that) counts as absent, so nothing is
/// synced.
public struct ZoneCopies {
  /// The newest that are kept; a real one has some kilobytes.
  static let most = 1_024
  private static let largestBytes = 1 << 18

  private let state: StateDirectory

  /// The copies of a state directory.
  public init(_ state: StateDirectory) { self.state = state }

  /// The zone of that name with that data; nil when there is no copy of it.
  public func zone(named name: String, hash: UInt64) -> Zone? { copy(of: name, hash: hash)?.zone }

  /// The same, and where its present comes from.
  func copy(of name: String, hash: UInt64) -> ZoneData? {
    do {
      let directory = try state.existingDirectory(.zones)
      let prefix = String(hash, radix: 16)
      for file in try directory.list(limit: 2 * Self.most) where file.hasPrefix(prefix + "-") {
        guard let source = UInt64(file.dropFirst(prefix.utf8.count + 1), radix: 16) else { continue }
        let bytes = try AtomicFile.read(in: directory, name: file, limit: Self.largestBytes)
        let zone = try Zone(name: name, tzif: bytes)
        if zone.dataHash == hash { return ZoneData(zone: zone, source: source) }
      }
    } catch {
      // Then nobody can say any more how it was; the system's data has to do.
    }
    return nil
  }

  /// Keeps the data of a zone; the error is returned for the log.
  func keep(_ bytes: [UInt8], of copy: ZoneData) -> Errno? {
    let name = "\(String(copy.zone.dataHash, radix: 16))-\(String(copy.source, radix: 16))"
    do throws(Errno) {
      let directory = try state.directory(.zones)
      if try directory.status(name)?.size == Int64(bytes.count) { return nil }
      try removeOldest(in: directory)
      let file = try directory.openFile(name, [.write, .create, .truncate])
      try file.write(bytes)
      try file.close()
      return nil
    } catch {
      return error
    }
  }

  /// The names of the zones that the last table went by.
  func names() -> Set<String> {
    do {
      let bytes = try AtomicFile.read(in: state.existingDirectory(.zones), name: Self.listName, limit: 1 << 20)
      return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init))
    } catch {
      return []
    }
  }

  /// Notes them; the error is returned for the log.
  func note(names: Set<String>) -> Errno? {
    if names == self.names() { return nil }
    let text = names.sorted().prefix(Self.most).map { $0 + "\n" }.joined()
    do throws(Errno) {
      try AtomicFile.replace(in: state.directory(.zones), name: Self.listName, bytes: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  private static let listName = "names"

  private func removeOldest(in directory: borrowing Directory) throws(Errno) {
    let names = try directory.list(limit: 2 * Self.most).filter { $0 != Self.listName }
    guard names.count >= Self.most else { return }
    var files: [(modified: Int64, name: String)] = []
    for name in names { files.append((try directory.status(name)?.modifiedMicroseconds ?? 0, name)) }
    for file in files.sorted(by: { $0 < $1 }).prefix(names.count - Self.most + 1) { try directory.unlink(file.name) }
  }
}
