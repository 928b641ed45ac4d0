public import CronTime

/// Removes segments whose records are all older than `ledger.keep`.
public enum Retention {
  /// So many newest segments stay whatever their age: two generations of snapshots.
  public static let minimumSegments = 2
  /// At most so many go in one call, so that a wrong clock can't take the whole history at once.
  public static let maximumRemovals = 8
  /// So many of those that are passed over are named.
  public static let maximumNamed = 20

  /// A file under an old segment's name that stays: it isn't one of ours as we wrote it, or can't be removed.
  public struct PassedOver: Hashable, Sendable {
    /// The file.
    public var segment: String
    /// Why it stays, for people.
    public var reason: String
  }

  /// What one call did.
  public struct Outcome: Hashable, Sendable {
    /// The names that went.
    public var removed: [String] = []
    /// The first of those that were passed over.
    public var passedOver: [PassedOver] = []

    fileprivate mutating func passOver(_ name: String, _ error: StorageError) {
      // Else somebody else has removed it.
      guard error.kind != .absent, passedOver.count < Retention.maximumNamed else { return }
      passedOver.append(PassedOver(segment: name, reason: error.description))
    }
  }

  /// Removes what is old enough; call it once an hour and after each new segment, so that it keeps up with them.
  ///
  /// A segment goes when the next one began before `now - keepSeconds`, oldest first, and only when its own head says
  /// that we wrote it. What doesn't is somebody's, or damaged: nobody has a copy of it. It stays, and those behind it
  /// go all the same.
  public static func prune(
    storage: inout some LedgerStorage, now: Instant, keepSeconds: Int64
  ) throws(StorageError) -> Outcome {
    let numbers = try storage.list().compactMap(SegmentName.number).sorted()
    let oldest = now.adding(seconds: keepSeconds > 0 ? -keepSeconds : 0)
    var heads = Heads(numbers: numbers)
    var outcome = Outcome()
    for (place, number) in numbers.enumerated().dropLast(minimumSegments) {
      guard outcome.removed.count < maximumRemovals, let end = heads.beginning(behind: place, &storage), end < oldest
      else { break }
      let name = SegmentName.of(number)
      do throws(StorageError) {
        _ = try heads.beginning(at: place, &storage)
      } catch {
        outcome.passOver(name, error)
        continue
      }
      do throws(StorageError) {
        try storage.remove(name)
        outcome.removed.append(name)
      } catch {
        // Whatever else the disk says it would say of all of them.
        guard error.kind == .refused || error.kind == .absent else { throw error }
        outcome.passOver(name, error)
      }
    }
    return outcome
  }

  /// When segments began, each read once.
  private struct Heads {
    let numbers: [Int]
    private var known: [Int: Result<Instant, StorageError>] = [:]

    init(numbers: [Int]) { self.numbers = numbers }

    /// When the next segment behind a place began that says so; nil when none does.
    mutating func beginning(behind place: Int, _ storage: inout some LedgerStorage) -> Instant? {
      for later in numbers.indices.dropFirst(place + 1) {
        do throws(StorageError) { return try beginning(at: later, &storage) } catch { continue }
      }
      return nil
    }

    /// When the segment began; throws `refused` when its first line is no snapshot that this version understands.
    mutating func beginning(at place: Int, _ storage: inout some LedgerStorage) throws(StorageError) -> Instant {
      if let result = known[place] { return try result.get() }
      do throws(StorageError) {
        let at = try Self.read(SegmentName.of(numbers[place]), &storage)
        known[place] = .success(at)
        return at
      } catch {
        known[place] = .failure(error)
        throw error
      }
    }

    private static func read(_ name: String, _ storage: inout some LedgerStorage) throws(StorageError) -> Instant {
      // A snapshot's own line is short; what it restates needn't be read.
      let head = try storage.read(name, from: 0, count: 512)
      guard let first = head.first else { throw StorageError(.refused, "it is empty") }
      guard first != 0, let newline = head.firstIndex(of: UInt8(ascii: "\n")),
        let line = try? RecordCodec.decode(line: head[...newline]), case .snapshot(let at, _, let format) = line.record
      else { throw StorageError(.refused, "its head isn't one of a segment") }
      guard format.isUnderstood else { throw StorageError(.refused, "a later version wrote it") }
      return at
    }
  }
}
