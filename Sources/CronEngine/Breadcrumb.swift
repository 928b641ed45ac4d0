/// What a ticker was at, and with what input: left behind before each risky step, found by its watcher after any death.
public struct Breadcrumb: Hashable, Sendable, CustomStringConvertible {
  /// What it was doing.
  public enum Step: String, Hashable, Sendable, CaseIterable {
    /// Reading back a segment of the ledger; the input is its name.
    case replaying
    /// Its reader was reading a file that users write; the input is the file's path.
    case parsing
    /// Reading back the compiled table; the input is its file.
    case decoding
    /// Taking over a job of the table, and computing when it fires; the input is its name.
    case loading
    /// Deciding what is due; the input is the name of the job that it is at.
    case deciding
    /// Handing a run to a worker; the input is the job's name.
    case dispatching
  }

  /// What it was doing.
  public var step: Step
  /// With what; nil = with nothing that could be told apart.
  public var input: String?

  /// A step, and its input if it has one.
  public init(_ step: Step, _ input: String? = nil) {
    self.step = step
    self.input = input
  }

  /// Reads what `description` writes; nil when it isn't that.
  public init?(_ text: String) {
    let parts = text.split(separator: " ", maxSplits: 1)
    guard let word = parts.first, let step = Step(rawValue: String(word)) else { return nil }
    self.init(step, parts.count > 1 ? String(parts[1]) : nil)
  }

  /// `dispatching backup`, `deciding`.
  public var description: String { input.map { "\(step.rawValue) \($0)" } ?? step.rawValue }
}
