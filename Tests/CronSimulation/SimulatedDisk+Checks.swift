import CronLedger

/// What the checks ask of the disk.
extension SimulatedDisk {
  /// Whether a loss of power at this moment would leave the line.
  func surelyKeeps(_ line: [UInt8]) -> Bool {
    byAge.contains { name in
      guard let file = files[name], file.isNameDurable else { return false }
      return contains(file.durable, line)
    }
  }

  /// Whether processes see the line.
  func shows(_ line: [UInt8]) -> Bool { byAge.contains { contains(files[$0]?.content ?? [], line) } }

  /// The newest first: what is asked for was written a moment ago.
  private var byAge: [String] { files.keys.filter { $0.hasSuffix(".log") }.sorted(by: >) }

  /// From the end, where what is asked for stands. A line begins with its checksum, eight digits: looked at as one
  /// number, hardly another place agrees in it.
  private func contains(_ content: [UInt8], _ line: [UInt8]) -> Bool {
    content.withUnsafeBytes { content in
      line.withUnsafeBytes { line in
        let beginning = line.loadUnaligned(as: UInt64.self)
        var end = content.count
        // Most of a segment is what it will need: zeros.
        while end >= 8, content.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) == 0 { end -= 8 }
        var left = min(end + 8, content.count) - line.count
        while left >= 0 {
          if content.loadUnaligned(fromByteOffset: left, as: UInt64.self) == beginning,
            content[left..<left + line.count].elementsEqual(line)
          {
            return true
          }
          left -= 1
        }
        return false
      }
    }
  }

  /// How the disk is, and which records its segments hold, for the story.
  var description: String {
    var words = ["mark \(mark)"]
    if isFull { words.append("full") }
    if let refusal { words.append("\(refusal)") }
    if syncMode != .works { words.append("sync \(syncMode)") }
    for (name, file) in files.sorted(by: { $0.key < $1.key }).suffix(3) {
      var scanner = SegmentScanner(file.content)
      var records: [String] = []
      while let item = scanner.next() {
        if case .record(let record, _) = item { records.append(String(record.seq)) } else { records.append("DAMAGE") }
      }
      words.append("\(name): \(records.joined(separator: " "))")
    }
    return words.joined(separator: ", ")
  }

  /// All segments that ever were, in order.
  var segments: [(name: String, content: [UInt8])] {
    let all = archive.merging(files.mapValues(\.content)) { $1 }
    return all.filter { $0.key.hasSuffix(".log") }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}
