/// Lends a NULL-terminated array of C strings, as execve(2) takes them, for the length of the call.
///
/// A NUL inside a string ends it there: callers refuse those before.
func withCStrings<Result, Failure: Error>(
  _ strings: [String],
  _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) throws(Failure) -> Result
) throws(Failure) -> Result {
  // One block for all bytes and one for the pointers: no allocation per string, nothing to free one by one.
  var total = 0
  for string in strings { total += string.utf8.count + 1 }
  let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, total))
  let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
  defer {
    bytes.deallocate()
    pointers.deallocate()
  }
  var next = bytes
  for (index, string) in strings.enumerated() {
    (pointers + index).initialize(to: next)
    for unit in string.utf8 {
      next.initialize(to: CChar(bitPattern: unit))
      next += 1
    }
    next.initialize(to: 0)
    next += 1
  }
  (pointers + strings.count).initialize(to: nil)
  return try body(pointers)
}
