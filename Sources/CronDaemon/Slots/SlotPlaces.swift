import CronSystem

/// The places of the ledger that slots name, in orders and in what became of them, also of runs that are long over.
struct SlotPlaces {
  let state: StateDirectory

  /// The highest of them; 0 = none. No slot is looked at after a moment of CLOCK_MONOTONIC.
  func highest(untilNanoseconds: Int64) -> UInt64 {
    let numbers: [Int]
    // What can't be looked at says nothing.
    do throws(Errno) { numbers = try state.slotNumbers() } catch { return 0 }
    var highest: UInt64 = 0
    for number in numbers where SystemClock.monotonic() < untilNanoseconds {
      do throws(Errno) {
        let record = try WorkerRecord.openForReading(in: try state.slot(number))
        highest = max(highest, Self.highest(in: record))
      } catch {
        continue
      }
    }
    return highest
  }

  private static func highest(in record: borrowing WorkerRecord) -> UInt64 {
    var highest: UInt64 = 0
    switch record.readOrder() {
    case .order(let order): highest = order.claim.sequence
    case .void(let claim): highest = claim.sequence
    case .none, .damaged: break
    }
    if let field = record.readExecField() { highest = max(highest, field.sequence) }
    if let claim = record.readTrace(.exit).flatMap({ SlotText.legibleClaim(in: $0) }) {
      highest = max(highest, claim.sequence)
    }
    return highest
  }
}
