/// What one role is told when another spawns it: `--key value` pairs, a key may repeat.
///
/// Nobody but our own processes writes them, so that anything else is refused as a whole.
public struct RoleArguments: Hashable, Sendable {
  private var pairs: [Pair] = []

  private struct Pair: Hashable, Sendable {
    var key: String
    var value: String
  }

  /// No arguments yet; for a parent that builds them.
  public init() {}

  /// Reads the words after `role NAME`; nil when they aren't pairs of a `--key` and a value.
  public init?(_ words: [String]) {
    guard words.count.isMultiple(of: 2) else { return nil }
    for index in stride(from: 0, to: words.count, by: 2) {
      guard words[index].hasPrefix("--"), words[index].utf8.count > 2 else { return nil }
      pairs.append(Pair(key: String(words[index].dropFirst(2)), value: words[index + 1]))
    }
  }

  /// The words for a command line.
  public var words: [String] { pairs.flatMap { ["--" + $0.key, $0.value] } }

  /// The words without the pairs of some keys.
  public func words(without keys: Set<String>) -> [String] {
    pairs.filter { !keys.contains($0.key) }.flatMap { ["--" + $0.key, $0.value] }
  }

  /// The words with the pairs of some keys alone.
  public func words(only keys: Set<String>) -> [String] {
    pairs.filter { keys.contains($0.key) }.flatMap { ["--" + $0.key, $0.value] }
  }

  /// Adds a pair; earlier ones of that key stay.
  public mutating func add(_ key: String, _ value: some CustomStringConvertible) {
    pairs.append(Pair(key: key, value: value.description))
  }

  /// Adds a flag as `yes` or `no`.
  public mutating func add(_ key: String, flag: Bool) { add(key, flag ? "yes" : "no") }

  /// The value of the last pair of that key.
  public subscript(key: String) -> String? { pairs.last { $0.key == key }?.value }

  /// The values of all pairs of that key, in order.
  public func all(_ key: String) -> [String] { pairs.filter { $0.key == key }.map(\.value) }

  /// Whether the value is `yes`; absent is no.
  public func flag(_ key: String) -> Bool { self[key] == "yes" }

  /// The value as a number; nil when absent, or no number of that width.
  public func number<Number: FixedWidthInteger>(_ key: String, as _: Number.Type = Number.self) -> Number? {
    self[key].flatMap { Number($0) }
  }

  /// How the role logs: `--log-level`, `--log-format`, `--journald`, `--log-fd`.
  ///
  /// What is absent or unknown is the default.
  public var logging: Logger.Settings {
    Logger.Settings(
      level: self["log-level"].flatMap { LogLevel(rawValue: $0) } ?? .info,
      format: self["log-format"].flatMap { LogFormat(rawValue: $0) } ?? .text, journald: flag("journald"),
      descriptor: number("log-fd") ?? 2)
  }
}
