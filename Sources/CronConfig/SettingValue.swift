/// Why a value can't be taken, with what to write instead.
struct ValueRefusal: Error, Hashable {
  let message: String
  let hint: String?
  init(_ message: String, hint: String? = nil) {
    self.message = message
    self.hint = hint
  }
}

extension Setting {
  /// Whether the key may repeat, each time adding to a list.
  public var isList: Bool {
    switch kind {
    case .paths, .names: true
    default: false
    }
  }

  /// Puts the text's value into the settings.
  func apply(_ text: String, to settings: inout DaemonSettings) throws(ValueRefusal) {
    switch kind {
    case .flag(let path):
      guard let value = FlagText.value(text) else { throw ValueRefusal("\"\(text)\" is neither yes nor no") }
      settings[keyPath: path] = value
    case .count(let path, let range):
      settings[keyPath: path] = Int(
        try Self.within(
          Int64(text), Int64(range.lowerBound)...Int64(range.upperBound),
          text, what: "a whole number", show: { "\($0)" }))
    case .duration(let path, let range):
      settings[keyPath: path] = try Self.milliseconds(text, range)
    case .optionalDuration(let path, let range, let none):
      settings[keyPath: path] = text == none ? nil : try Self.milliseconds(text, range)
    case .seconds(let path, let range):
      settings[keyPath: path] = try JobValue.seconds(text, range)
    case .optionalSeconds(let path, let range, let none):
      settings[keyPath: path] = text == none ? nil : try JobValue.seconds(text, range)
    case .size(let path, let range):
      settings[keyPath: path] = try Self.within(
        SizeText.bytes(text), range, text, what: "a size like 64K or 10M", show: SizeText.text)
    case .choice(let path, let words):
      guard words.contains(text) else {
        throw ValueRefusal(
          "\"\(text)\" is none of \(words.joined(separator: ", "))",
          hint: NearestName.hint(text, among: words))
      }
      settings[keyPath: path] = text
    case .text(let path), .zone(let path): settings[keyPath: path] = text
    case .absolutePath(let path): settings[keyPath: path] = try JobValue.absolutePath(text)
    case .optionalPath(let path): settings[keyPath: path] = text.isEmpty ? "" : try JobValue.absolutePath(text)
    case .overlap(let path): settings[keyPath: path] = try JobValue.overlap(text)
    case .catchUp(let path): settings[keyPath: path] = try JobValue.catchUp(text)
    case .paths(let path):
      guard !text.isEmpty else { return }
      settings[keyPath: path].append(text)
    case .names(let path):
      settings[keyPath: path] += text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    }
  }

  /// The value in these settings as it is written in a file; a list has one text for each time the key stands there.
  func values(in settings: DaemonSettings) -> [String] {
    switch kind {
    case .flag(let path): [settings[keyPath: path] ? "yes" : "no"]
    case .count(let path, _): ["\(settings[keyPath: path])"]
    case .duration(let path, _): [DurationText.text(milliseconds: settings[keyPath: path])]
    case .optionalDuration(let path, _, let none):
      [settings[keyPath: path].map { DurationText.text(milliseconds: $0) } ?? none]
    case .seconds(let path, _): [DurationText.text(seconds: settings[keyPath: path])]
    case .optionalSeconds(let path, _, let none):
      [settings[keyPath: path].map { DurationText.text(seconds: $0) } ?? none]
    case .size(let path, _): [SizeText.text(settings[keyPath: path])]
    case .choice(let path, _), .text(let path), .zone(let path), .absolutePath(let path), .optionalPath(let path):
      [settings[keyPath: path]]
    case .overlap(let path): [settings[keyPath: path].rawValue]
    case .catchUp(let path): [settings[keyPath: path].description]
    case .paths(let path): settings[keyPath: path]
    case .names(let path): settings[keyPath: path].isEmpty ? [] : [settings[keyPath: path].joined(separator: " ")]
    }
  }

  /// What may be written, for the documentation.
  public var valueDescription: String {
    switch kind {
    case .flag: "yes, no"
    case .count(_, let range): "\(range.lowerBound) … \(range.upperBound)"
    case .duration(_, let range):
      "duration, \(DurationText.text(milliseconds: range.lowerBound)) … "
        + DurationText.text(milliseconds: range.upperBound)
    case .optionalDuration(_, _, let none): "duration, \(none)"
    case .seconds(_, let range):
      "duration, \(DurationText.text(seconds: range.lowerBound)) … \(DurationText.text(seconds: range.upperBound))"
    case .optionalSeconds(_, _, let none): "duration, \(none)"
    case .size(_, let range): "size, \(SizeText.text(range.lowerBound)) … \(SizeText.text(range.upperBound))"
    case .choice(_, let words): words.joined(separator: ", ")
    case .text: "text"
    case .absolutePath: "absolute path"
    case .optionalPath: "absolute path, empty"
    case .zone: "zone name"
    case .overlap: OverlapPolicy.allCases.map(\.rawValue).joined(separator: ", ")
    case .catchUp: "skip, once, all, all(N)"
    case .paths: "path, repeats"
    case .names: "names or *, repeats"
    }
  }

  private static func milliseconds(_ text: String, _ range: ClosedRange<Int64>) throws(ValueRefusal) -> Int64 {
    try within(
      DurationText.milliseconds(text), range, text, what: "a duration like 90s or 1h30m",
      show: { DurationText.text(milliseconds: $0) })
  }

  private static func within(
    _ value: Int64?, _ range: ClosedRange<Int64>, _ text: String, what: String, show: (Int64) -> String
  ) throws(ValueRefusal) -> Int64 {
    guard let value else { throw ValueRefusal("\"\(text)\" is not \(what)") }
    guard range.contains(value) else {
      throw ValueRefusal("\(text) is outside \(show(range.lowerBound)) … \(show(range.upperBound))")
    }
    return value
  }
}

/// The values that a job's options, in a crontab or in `[job …]`, share with the defaults in `[jobs]`.
enum JobValue {
  static let longest: ClosedRange<Int64> = 1...365 * 86_400

  static func seconds(_ text: String, _ range: ClosedRange<Int64> = longest) throws(ValueRefusal) -> Int64 {
    guard let value = DurationText.seconds(text) else {
      let bare = !text.isEmpty && text.utf8.allSatisfy(ASCII.isDigit)
      throw ValueRefusal(
        "\"\(text)\" is not a duration in whole seconds",
        hint: bare ? "write the unit: \(text)s or \(text)m" : "write it like 90s, 30m or 1h30m")
    }
    guard range.contains(value) else {
      throw ValueRefusal(
        "\(text) is outside \(DurationText.text(seconds: range.lowerBound)) … "
          + DurationText.text(seconds: range.upperBound))
    }
    return value
  }

  static func overlap(_ text: String) throws(ValueRefusal) -> OverlapPolicy { try word(text) }

  /// One of a policy's words.
  static func word<Policy: RawRepresentable<String> & CaseIterable>(
    _ text: String
  ) throws(ValueRefusal) -> Policy {
    if let policy = Policy(rawValue: text) { return policy }
    let words = Policy.allCases.map(\.rawValue)
    throw ValueRefusal(
      "\"\(text)\" is none of \(words.joined(separator: ", "))",
      hint: NearestName.hint(text, among: words))
  }

  static func catchUp(_ text: String) throws(ValueRefusal) -> CatchUpPolicy {
    if let policy = CatchUpPolicy(text) { return policy }
    throw ValueRefusal(
      "\"\(text)\" is none of skip, once, all, all(N) with N from 1 to 10000",
      hint: NearestName.hint(text, among: CatchUpPolicy.words))
  }

  static func absolutePath(_ text: String) throws(ValueRefusal) -> String {
    guard text.utf8.first == UInt8(ascii: "/") else {
      throw ValueRefusal("\"\(text)\" is not an absolute path")
    }
    return text
  }

  static func name(_ text: String) throws(ValueRefusal) -> String {
    guard JobName.isValid(text) else { throw ValueRefusal("\"\(text)\" is not a job name", hint: JobName.rule) }
    return text
  }

  static func zone(_ text: String, _ check: (String) -> ZoneCheck) throws(ValueRefusal) -> String {
    switch check(text) {
    case .known: return text
    case .unknown(let nearest):
      throw ValueRefusal("there is no zone \"\(text)\"", hint: nearest.map { "did you mean \"\($0)\"?" })
    }
  }
}
