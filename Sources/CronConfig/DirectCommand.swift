/// Whether a shell line can be executed without a shell, with the same result as `/bin/sh -c` when that is dash.
///
/// The rule is that of make: a line that the shell would only split at blanks needs none. What isn't provably such a
/// line goes to the shell; quotes too, for the little that they'd gain.
public enum DirectCommand {
  /// The words of the line; nil = it needs `SHELL -c`.
  public static func words(ofShellLine line: String, shell: String) -> [String]? {
    // Before its operand, `sh -c` takes what begins with - or + for its own options.
    guard shell == JobDefaults.shell, let head = line.utf8.first, head != UInt8(ascii: "-"),
      head != UInt8(ascii: "+")
    else { return nil }
    var words: [String] = []
    for part in line.utf8.split(whereSeparator: ASCII.isBlank) {
      // A comment begins at a # only where a word begins.
      guard part.first != ASCII.hash, part.allSatisfy(isPlain) else { return nil }
      words.append(String(Substring(part)))
    }
    guard let first = words.first, !first.utf8.contains(ASCII.equals), !shellWords.contains(first) else {
      return nil
    }
    return words
  }

  /// The program that a line for a POSIX shell begins with; nil where the shell acts there itself, or would expand it.
  static func program(ofShellLine line: String) -> String? {
    let parts = line.utf8.split(maxSplits: 2, whereSeparator: ASCII.isBlank)
    guard let first = parts.first, first.first != ASCII.hash, first.allSatisfy(isPlain) else { return nil }
    // `name ()` defines a function; braces are expanded by bash.
    if parts.count > 1, parts[1].first == UInt8(ascii: "(") { return nil }
    guard !first.contains(where: { $0 == ASCII.equals || $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "!") }) else {
      return nil
    }
    let name = String(Substring(first))
    return shellWords.contains(name) ? nil : name
  }

  /// A byte that the shell passes through wherever it stands in a word.
  ///
  /// Bytes above ASCII aren't: dash marks quoting with some of them inside.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && !special.contains(byte)
  }

  private static let special = Set("|&;<>()$`\\\"'*?[~".utf8)

  /// What a shell does itself where a command's name stands: reserved words and the builtins of dash, and of the shells
  /// that stand in for it.
  private static let shellWords: Set<String> = [
    "!", "{", "}", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "until", "while",
    ".", ":", "[", "alias", "bg", "break", "cd", "chdir", "command", "continue", "echo", "eval", "exec", "exit",
    "export", "false", "fc", "fg", "getopts", "hash", "jobs", "kill", "local", "printf", "pwd", "read", "readonly",
    "return", "set", "shift", "test", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset", "wait",
    "[[", "]]", "bind", "builtin", "caller", "compgen", "complete", "compopt", "coproc", "declare", "dirs", "disown",
    "enable", "function", "help", "history", "let", "logout", "mapfile", "popd", "pushd", "readarray", "select",
    "shopt", "source", "suspend", "time", "typeset",
  ]
}
