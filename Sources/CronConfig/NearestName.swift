/// Finds what somebody who mistyped a name probably meant.
public enum NearestName {
  /// The candidate with the smallest edit distance; nil if none is near enough to be a likely slip.
  ///
  /// Letter case doesn't count, a swap of neighbours counts as one edit; the bound grows with the word's length.
  public static func find(_ word: String, among candidates: [String]) -> String? {
    let wanted = Array(word.lowercased().utf8.prefix(64))
    guard !wanted.isEmpty else { return nil }
    let bound = wanted.count <= 3 ? 1 : wanted.count <= 6 ? 2 : 3
    var best: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(wanted, Array(candidate.lowercased().utf8.prefix(64)))
      if distance <= bound, distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    return best?.name
  }

  /// `did you mean "x"?`, or nil.
  public static func hint(_ word: String, among candidates: [String]) -> String? {
    find(word, among: candidates).map { "did you mean \"\($0)\"?" }
  }

  /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var before: [Int] = []
    var previous = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      current.reserveCapacity(right.count + 1)
      for column in 0..<right.count {
        let cost = left[row] == right[column] ? 0 : 1
        var value = min(current[column] + 1, previous[column + 1] + 1, previous[column] + cost)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          value = min(value, before[column - 1] + 1)
        }
        current.append(value)
      }
      before = previous
      previous = current
    }
    return previous[right.count]
  }
}
