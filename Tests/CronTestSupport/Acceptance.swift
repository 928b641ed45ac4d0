public import Testing

/// Names the lines of the acceptance list that a test proves; docs/acceptance.md is checked against these tags.
public struct AcceptanceTrait: TestTrait, SuiteTrait {
  /// The numbers of the lines.
  public let lines: [Int]
}

extension Trait where Self == AcceptanceTrait {
  /// Tags a test with the acceptance lines that it proves.
  public static func acceptance(_ lines: Int...) -> AcceptanceTrait { AcceptanceTrait(lines: lines) }
}
