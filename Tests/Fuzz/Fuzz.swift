// libFuzzer calls this with bytes that reach ever new code; bin/fuzz builds it. CRONWATCH_FUZZ chooses the parser.

import Glibc

private let parser: ParserProperties = {
  let name = getenv("CRONWATCH_FUZZ").map { String(cString: $0) } ?? ""
  guard let parser = ParserProperties(rawValue: name) else { fatalError("CRONWATCH_FUZZ names no parser: '\(name)'") }
  return parser
}()

/// Any bytes must be taken or refused, by the rules of ParserProperties.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  if let violation = parser.violation(Array(UnsafeBufferPointer(start: data, count: count))) { fatalError(violation) }
  return 0
}
