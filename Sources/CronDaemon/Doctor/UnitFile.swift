/// Reads values from unit files as systemd does, systemd.syntax(7): the last one counts, an empty one is the default.
enum UnitFile {
  /// The value of a key in a section, over a file and its drop-ins in their order; nil = not set, or set back.
  static func value(_ key: String, section: String, in texts: [String]) -> String? {
    var found: String?
    for text in texts {
      var here = ""
      for line in lines(text) {
        if line.hasPrefix("["), line.hasSuffix("]") {
          here = String(line.dropFirst().dropLast())
          continue
        }
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard here == section, parts.count == 2, trimmed(parts[0]) == key else { continue }
        let value = trimmed(parts[1])
        found = value.isEmpty ? nil : value
      }
    }
    return found
  }

  /// Lines without comments and blanks; a backslash at the end joins the next one.
  private static func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var open = ""
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(trimmed) {
      if line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasSuffix("\\") {
        open += line.dropLast() + " "
        continue
      }
      let whole = open + line
      open = ""
      if !whole.isEmpty { lines.append(trimmed(Substring(whole))) }
    }
    if !open.isEmpty { lines.append(trimmed(Substring(open))) }
    return lines
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.prefix { $0 == " " || $0 == "\t" || $0 == "\r" }.endIndex
    var rest = text[start...]
    while let last = rest.last, last == " " || last == "\t" || last == "\r" { rest.removeLast() }
    return String(rest)
  }
}

/// The text of /proc/PID/cgroup, cgroups(7).
enum ControlGroupText {
  /// The path of the group of version 2, `/system.slice/x.service`; nil = there is none.
  static func unified(_ text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
  }

  /// The unit that a group belongs to; nil = no service. Groups below a unit's are its own.
  static func unit(_ path: String) -> String? {
    path.split(separator: "/").last { $0.hasSuffix(".service") }.map(String.init)
  }

  /// Where groups of version 2 are mounted, in the text of /proc/self/mountinfo, proc_pid_mountinfo(5).
  static func mountPoint(_ mounts: String) -> String? {
    for line in mounts.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 6, let dash = words.firstIndex(of: "-"), dash + 1 < words.count, words[dash + 1] == "cgroup2"
      else { continue }
      return String(words[4])
    }
    return nil
  }
}
