import Glibc

/// Makes `number` stand for what `source` stands for, and `source` for nothing.
func moveForTest(_ source: Int32, _ number: Int32) -> Bool {
  if source == number { return true }
  return dup2(source, number) == number && close(source) == 0
}

/// Gives up root for good.
func becomeNobodyForTest() -> Bool { setgid(65534) == 0 && setuid(65534) == 0 }

/// Lowers the limit of open files, setrlimit(2), and opens whatever it allows; what was opened.
func fillDescriptorTableForTest(_ limit: UInt) -> [Int32] {
  var limits = rlimit(rlim_cur: limit, rlim_max: limit)
  guard setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return [] }
  var taken: [Int32] = []
  while case let number = dup(0), number >= 0 { taken.append(number) }
  return taken
}
