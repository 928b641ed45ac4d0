/// A strict reader of the text format of Prometheus, version 0.0.4, written from its description and not from ours.
public struct PrometheusText {
  /// One measured value.
  public struct Sample: Equatable {
    /// The name of its family, with the suffix of histograms.
    public let name: String
    /// Its labels.
    public let labels: [String: String]
    /// The value.
    public let value: Double
  }

  /// Text that Prometheus would refuse.
  public struct Malformed: Error, CustomStringConvertible {
    /// Why.
    public let description: String
  }

  /// The type of each family.
  public private(set) var types: [String: String] = [:]
  /// All samples in order.
  public private(set) var samples: [Sample] = []

  /// The only sample of that name and these labels; nil = there is none.
  public func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    samples.first { $0.name == name && $0.labels == labels }?.value
  }

  /// Reads a whole page; throws `Malformed`.
  public init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Malformed(description: "the last line has no end") }
    var helped: Set<String> = []
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("# HELP ") {
        let name = String(line.dropFirst(7).prefix { $0 != " " })
        guard helped.insert(name).inserted else { throw Malformed(description: "two HELP of \(name)") }
      } else if line.hasPrefix("# TYPE ") {
        let words = line.split(separator: " ")
        guard words.count == 4, ["counter", "gauge", "histogram"].contains(words[3]),
          types.updateValue(String(words[3]), forKey: String(words[2])) == nil,
          !samples.contains(where: { Self.family($0.name) == words[2] })
        else { throw Malformed(description: String(line)) }
      } else {
        try read(line)
      }
    }
    guard helped == Set(types.keys) else { throw Malformed(description: "HELP and TYPE differ") }
    try checkHistograms()
  }

  private static func family(_ name: String) -> String {
    for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
      return String(name.dropLast(suffix.count))
    }
    return name
  }

  private mutating func read(_ line: Substring) throws {
    var rest = line
    let name = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") })
    guard let first = name.first, !first.isNumber else { throw Malformed(description: "no name: \(line)") }
    rest = rest.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest = rest.dropFirst()
      while rest.first != "}" {
        let label = String(rest.prefix { $0 != "=" })
        rest = rest.dropFirst(label.count + 1)
        guard rest.first == "\"", !label.isEmpty else { throw Malformed(description: "label of \(line)") }
        labels[label] = try Self.quoted(&rest)
        if rest.first == "," {
          rest = rest.dropFirst()
        } else if rest.first != "}" {
          throw Malformed(description: "\(line)")
        }
      }
      rest = rest.dropFirst()
    }
    guard rest.first == " ", let value = Double(String(rest.dropFirst())) else {
      throw Malformed(description: "no value: \(line)")
    }
    guard types[name] != nil || types[Self.family(name)] == "histogram" else {
      throw Malformed(description: "no TYPE before \(name)")
    }
    let sample = Sample(name: name, labels: labels, value: value)
    if samples.contains(where: { $0.name == name && $0.labels == labels }) {
      throw Malformed(description: "twice: \(line)")
    }
    samples.append(sample)
  }

  private static func quoted(_ rest: inout Substring) throws -> String {
    rest = rest.dropFirst()
    var text = ""
    while let character = rest.popFirst() {
      if character == "\"" { return text }
      guard character == "\\" else {
        text.append(character)
        continue
      }
      switch rest.popFirst() {
      case "\\": text.append("\\")
      case "\"": text.append("\"")
      case "n": text.append("\n")
      default: throw Malformed(description: "an unknown escape")
      }
    }
    throw Malformed(description: "an open quote")
  }

  private func checkHistograms() throws {
    for (name, type) in types where type == "histogram" {
      let buckets = samples.filter { $0.name == name + "_bucket" }
      let bounds = buckets.compactMap { $0.labels["le"] }.map { $0 == "+Inf" ? Double.infinity : Double($0) ?? .nan }
      guard bounds == bounds.sorted(), bounds.last == .infinity, buckets.map(\.value) == buckets.map(\.value).sorted(),
        buckets.last?.value == value(name + "_count"), value(name + "_sum") != nil
      else { throw Malformed(description: "the histogram \(name)") }
    }
  }
}
