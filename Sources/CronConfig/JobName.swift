import CronTime

/// The rules of job names: their alphabet, their scope, and how a job without a name gets one.
public enum JobName {
  /// The longest name, without its scope.
  public static let longest = 64
  /// What diagnostics say about the alphabet.
  public static let rule = "a name is 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit"

  /// Whether the text is a name without a scope: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
  public static func isValid(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, ASCII.isAlphanumeric(first), bytes.count <= longest else { return false }
    return bytes.allSatisfy(isNameByte)
  }

  /// Whether the text is a name as a job table holds it: with or without the owner's scope (`alice/backup`).
  public static func isValidScoped(_ name: String) -> Bool {
    guard let slash = name.utf8.firstIndex(of: UInt8(ascii: "/")) else { return isValid(name) }
    return isValid(String(name[..<slash])) && isValid(String(name[name.utf8.index(after: slash)...]))
  }

  /// The name in its owner's scope; no owner, no scope.
  ///
  /// An owner that isn't a valid name itself (`DOMAIN\alice`) is cleaned and told apart by a hash.
  public static func scoped(_ name: String, owner: String?) -> String {
    guard let owner else { return name }
    return scope(owner) + "/" + name
  }

  /// The text as a run of name characters that begins with a letter or digit; may be empty.
  static func cleaned(_ text: some Sequence<UInt8>, limit: Int) -> [UInt8] {
    var output: [UInt8] = []
    for byte in text where isNameByte(byte) {
      if output.isEmpty, !ASCII.isAlphanumeric(byte) { continue }
      output.append(byte)
      if output.count == limit { break }
    }
    return output
  }

  /// The finding for a name that an earlier job has.
  static func duplicate(_ name: String, at position: SourcePosition, first: SourcePosition) -> Diagnostic {
    let place = first.file == position.file ? "line \(first.line)" : "\(first.file):\(first.line)"
    return Diagnostic(
      position: position, level: .error, code: "duplicate-name",
      message: "another job is named \"\(name)\" already (\(place))", hint: "give this one another name")
  }

  private static func scope(_ owner: String) -> String {
    if isValid(owner) { return owner }
    let slug = cleaned(owner.utf8, limit: longest - 9)
    return String(decoding: slug.isEmpty ? Array("user".utf8) : slug, as: UTF8.self) + "-"
      + Checksum.hexadecimal(Checksum.crc32c(Array(owner.utf8)))
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}

/// Gives the jobs of one file their names, in file order.
///
/// A job without a name gets `SLUG-HASH`: the base name of its command's first word, and a hash of source, user,
/// command and its ordinal among the file's jobs with the same user and command.
///
/// So the name survives that lines move and that schedules are edited, and a twin added below takes nothing from the
/// first. Jobs with a name count as twins too: naming one of two keeps the other's name.
struct JobNamer {
  private let owner: String?
  private let prefix: UInt32
  private var ordinals: [String: UInt32] = [:]
  private var taken: [String: Int] = [:]

  /// A namer for a file, in the scope of `owner` if there is one.
  init(file: String, owner: String?) {
    self.owner = owner
    prefix = Checksum.crc32c(Array((file + "\0").utf8))
  }

  /// The ordinal of this command among its equals; to be asked once for each job line, also for one without a name.
  mutating func ordinal(user: String, command: String) -> UInt32 {
    let key = user + "\0" + command
    let ordinal = ordinals[key, default: 0]
    ordinals[key] = ordinal &+ 1
    return ordinal
  }

  /// The stable name of a job that has none.
  mutating func derive(user: String, command: String, ordinal: UInt32, line: Int) -> String {
    var bytes = Array(user.utf8)
    bytes.append(0)
    let start = bytes.count
    bytes.append(contentsOf: command.utf8)
    let slug = Self.slug(bytes, from: start)
    bytes.append(0)
    for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: ordinal >> shift)) }
    var crc = Checksum.crc32c(bytes, seed: prefix)
    while true {
      let name = JobName.scoped(slug + Checksum.hexadecimal(crc), owner: owner)
      if taken[name] == nil {
        taken[name] = line
        return name
      }
      // 32 bits meet by chance in huge files: the next free one, the same each time the file is read.
      crc &+= 1
    }
  }

  /// Takes an explicit name; the line that has it already, if one does.
  mutating func take(_ name: String, line: Int) -> (name: String, takenAt: Int?) {
    let scoped = JobName.scoped(name, owner: owner)
    if let first = taken[scoped] { return (scoped, first) }
    taken[scoped] = line
    return (scoped, nil)
  }

  /// The readable part: the base name of the first word that is no assignment, and a dash.
  private static func slug(_ bytes: [UInt8], from start: Int) -> String {
    var word = start..<start
    for _ in 0..<16 {
      let next = ASCII.skipBlanks(bytes, from: word.upperBound, to: bytes.count)
      if next == bytes.count { break }
      word = next..<ASCII.skipWord(bytes, from: next, to: bytes.count)
      if !bytes[word].contains(ASCII.equals) { break }
    }
    var base = word.upperBound
    while base > word.lowerBound, bytes[base - 1] != UInt8(ascii: "/") { base -= 1 }
    let slug = JobName.cleaned(bytes[base..<word.upperBound], limit: 40)
    return slug.isEmpty ? "job-" : String(decoding: slug, as: UTF8.self) + "-"
  }
}
