import CronConfig
import Testing

@Suite("A shell line")
struct DirectCommandTests {
  @Test(
    "without shell syntax is executed directly, split at blanks",
    arguments: [
      ("/usr/bin/backup", ["/usr/bin/backup"]), ("  tar\tcf a.tar  b ", ["tar", "cf", "a.tar", "b"]),
      ("dd if=/dev/zero of=/x", ["dd", "if=/dev/zero", "of=/x"]), ("date +%F", ["date", "+%F"]),
      ("find / -exec x {} +", ["find", "/", "-exec", "x", "{}", "+"]), ("x a#b", ["x", "a#b"]),
      ("x ! { } if ]", ["x", "!", "{", "}", "if", "]"]), ("./echo a", ["./echo", "a"]), ("/bin/echo", ["/bin/echo"]),
      ("x -a --b=c,d:e@f^g_h.i", ["x", "-a", "--b=c,d:e@f^g_h.i"]), ("%x a", ["%x", "a"]), ("a{b,c}", ["a{b,c}"]),
      (" -x", ["-x"]), ("Echo", ["Echo"]),
    ])
  func direct(_ line: String, _ words: [String]) {
    #expect(DirectCommand.words(ofShellLine: line, shell: "/bin/sh") == words)
  }

  @Test(
    "with anything that a shell could treat specially goes to the shell",
    arguments: [
      "", " ", "\t", "a|b", "a & b", "a;b", "a <b", "a >b", "a 2>&1", "(a)", "a $B", "a `b`", "a \\b", "a \"b\"",
      "a 'b'", "a *", "a ?", "a [b]", "a ~", "a ~/x", "a b~", "a x=~/y", "A=1 b", "a=b", "=b", "1=2", "#a", "a #b",
      "a\nb", "a\rb", "a\u{1}b", "a\u{7F}", "é", "a é", "-x a", "+x a", "! a", "{ a }", "}", "if a", "while a", "in a",
      "case a", ". a", ": a", "[ a ]", "cd /x", "echo a", "test a", "exec a", "export a", "kill 1", "printf a",
      "true", "false", "pwd", "umask 022", "ulimit -n", "wait", "exit 3", "eval a", "type a", "command a", "local a",
      "set -e", "time a", "source a", "function f", "[[ a ]]",
    ])
  func shell(_ line: String) {
    #expect(DirectCommand.words(ofShellLine: line, shell: "/bin/sh") == nil)
  }

  @Test("under another shell goes to that shell", arguments: ["/bin/bash", "/usr/bin/sh", "sh", ""])
  func otherShell(_ shell: String) {
    #expect(DirectCommand.words(ofShellLine: "/bin/x", shell: shell) == nil)
  }

  @Test("of any single character inside a word is direct only if that character is plain")
  func eachCharacter() {
    let special = "|&;<>()$`\\\"'*?[~".utf8
    for byte in UInt8(1)...127 {
      let line = "x a\(Character(UnicodeScalar(byte)))b"
      let expected: [String]? =
        byte == 32 || byte == 9
        ? ["x", "a", "b"] : byte < 32 || byte == 127 || special.contains(byte) ? nil : ["x", String(line.dropFirst(2))]
      #expect(DirectCommand.words(ofShellLine: line, shell: "/bin/sh") == expected, "byte \(byte)")
    }
  }
}
