internal import CLinux

/// Starts processes of our own executable and other trusted programs, posix_spawn(3).
public enum Spawn {
  /// Which of our descriptors the child finds under which number.
  public struct Inheritance: Hashable, Sendable {
    /// The child's number, 0…63.
    public let child: Int32
    /// Our number.
    public let raw: Int32

    /// Our `raw` as the child's `child`.
    public init(child: Int32, raw: Int32) {
      self.child = child
      self.raw = raw
    }
  }

  /// Starts a program in a session of its own with an empty signal mask and default signals; returns its pid.
  ///
  /// The child has exactly the listed descriptors; of 0–2 what isn't listed is /dev/null. `arguments` includes the 0th,
  /// `environment` is `NAME=value`. Throws what exec failed with. The caller reaps.
  public static func start(
    _ executable: String, arguments: [String], environment: [String], descriptors: [Inheritance]
  ) throws(Errno) -> Int32 {
    let children = descriptors.map(\.child)
    let parents = descriptors.map(\.raw)
    invariant(Set(children).count == children.count, "one number is given twice to a child: \(children)")
    invariant(children.allSatisfy { (0..<64).contains($0) }, "a child's descriptor is out of range: \(children)")
    var pid: Int32 = -1
    try withCStrings(arguments) { (words) throws(Errno) in
      try withCStrings(environment) { (variables) throws(Errno) in
        try Syscall.returning {
          cl_spawn(executable, words, variables, children, parents, Int32(children.count), &pid)
        }
      }
    }
    return pid
  }
}
