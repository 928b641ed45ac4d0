import CronSystem
import CronWire

/// One fault: how it is produced, what must come of it, and what it needs.
struct FaultRow: Sendable {
  /// What a machine must have for a row.
  enum Need: String, Sendable {
    case root, strace, loop, tmpfs
    case memoryGroup = "a memory cgroup"
    /// Debug builds only have fault points.
    case faultPoints = "fault points"
  }

  /// How a row is checked.
  enum Check: Sendable {
    /// By this tool; what it saw, in a few words.
    case run(@Sendable (Trial) throws -> String)
    /// By tests that run with all others: their names.
    case tests(String)
    /// Not at all: why.
    case never(String)
  }

  /// 1…60 are the numbers of the plan that the campaign began with; the rest came later.
  let number: Int
  /// What happens.
  let name: String
  /// By what means.
  let how: String
  /// What must come of it.
  let expectation: String
  /// What `cronwatch status` must say meanwhile.
  let status: StatusRule
  var needs: [Need] = []
  let check: Check

  /// Every row, by number.
  static let all: [FaultRow] =
    (processRows + stepRows + workerRows + jobRows + diskRows + ledgerRows + stateRows + inputRows + otherRows
    + upgradeRows + resourceRows + serviceRows)
    .sorted { $0.number < $1.number }

  /// For people.
  var shown: String {
    let need = needs.isEmpty ? "" : " [\(needs.map(\.rawValue).joined(separator: ", "))]"
    return "\(number)  \(name)\(need)\n      how: \(how)\n      expected: \(expectation)\n      status: \(status.text)"
  }

  /// For programs.
  var json: JSONValue {
    [
      "row": .integer(Int64(number)), "name": .string(name), "how": .string(how), "expected": .string(expectation),
      "status": .string(status.text), "needs": .array(needs.map { .string($0.rawValue) }),
    ]
  }
}

/// A row's expectation that wasn't met.
struct RowFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Why a row can't be run here.
struct RowSkipped: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// What came of a row.
struct RowResult {
  enum Verdict: String { case passed, failed, skipped, tests }

  let number: Int
  let name: String
  let verdict: Verdict
  let seen: String
  let seconds: Int

  var shown: String { "\(verdict.rawValue)  \(number)  \(name): \(seen) (\(seconds) s)" }

  var json: JSONValue {
    [
      "row": .integer(Int64(number)), "name": .string(name), "verdict": .string(verdict.rawValue),
      "seen": .string(seen), "seconds": .integer(Int64(seconds)),
    ]
  }
}

extension FaultRow {
  /// Runs it, or says why not.
  func perform(_ options: Options) -> RowResult {
    let began = SystemClock.monotonic()
    let (verdict, seen) = outcome(options)
    let seconds = Int((SystemClock.monotonic() - began + 500_000_000) / 1_000_000_000)
    return RowResult(number: number, name: name, verdict: verdict, seen: seen, seconds: seconds)
  }

  private func outcome(_ options: Options) -> (RowResult.Verdict, String) {
    switch check {
    case .tests(let names): return (.tests, names)
    case .never(let reason): return (.skipped, reason)
    case .run(let body):
      do {
        for need in needs { try Surroundings.require(need) }
        return (.passed, try body(Trial(number: number, options: options, status: StatusWitness(status))))
      } catch let error as RowSkipped {
        return (.skipped, error.reason)
      } catch {
        return (.failed, "\(error)")
      }
    }
  }
}
