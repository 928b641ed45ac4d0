/// Notices a configuration that holds few of the jobs that were there: a file cut short looks like a file of few jobs.
///
/// Such a load counts like any other, so that whoever means it gets what was written; but it is said until the jobs are
/// back or somebody accepts the loss.
public struct JobLoss: Hashable, Sendable {
  /// As many jobs are known to be meant.
  public private(set) var expected: Int
  /// As many there are.
  public private(set) var count: Int

  /// Begins with what is known from before; nil = nothing is, and the first load counts as meant.
  public init(expected: Int?) {
    self.expected = max(0, expected ?? 0)
    count = self.expected
  }

  /// Whether fewer than half are left; one job alone may go unsaid.
  public var isStanding: Bool { count < expected - count && expected - count >= 2 }

  /// Takes the number of jobs of a load; whether `expected` has changed.
  public mutating func loaded(_ jobs: Int) -> Bool {
    count = max(0, jobs)
    if isStanding || expected == count { return false }
    expected = count
    return true
  }

  /// Somebody has read it, and means it; whether `expected` has changed.
  public mutating func accept() -> Bool {
    defer { expected = count }
    return expected != count
  }

  /// What status says; nil = nothing.
  public var sentence: String? {
    isStanding
      ? "the configuration has \(count) of the \(expected) jobs that it had: mend it, or accept it (`cronwatch reload`)"
      : nil
  }
}
