import Glibc

/// Makes `number` stand for what `source` stands for, and `source` for nothing.
func moveForTest(_ source: Int32, _ number: Int32) -> Bool {
  if source == number { return true }
  return dup2(source, number) == number && close(source) == 0
}

/// Gives up root for good.
func becomeNobodyForTest() -> Bool { setgid(65534) == 0 && setuid(65534) == 0 }
