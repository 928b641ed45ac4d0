/// A binary min-heap: what is due first comes out first, in O(log n).
///
/// Entries are never changed in place: a stale entry is recognised by its owner when it comes out (its generation no
/// longer matches) and dropped. That keeps pushes cheap and the structure small.
struct DueQueue<Element: Comparable & Sendable>: Sendable {
  private var heap: [Element] = []

  var isEmpty: Bool { heap.isEmpty }
  var count: Int { heap.count }
  /// The smallest element, without taking it out.
  var first: Element? { heap.first }

  mutating func push(_ element: Element) {
    heap.append(element)
    siftUp(from: heap.count - 1)
    assert(checkInvariants())
  }

  mutating func popFirst() -> Element? {
    guard let smallest = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      siftDown(from: 0)
    }
    return smallest
  }

  /// Keeps only the entries that `isLive` accepts; O(n). For the rare case that stale entries pile up.
  mutating func compact(keeping isLive: (Element) -> Bool) {
    heap = heap.filter(isLive)
    for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
  }

  /// The up to `limit` smallest elements in order that `isLive` accepts; leaves the queue as it is.
  func smallest(_ limit: Int, where isLive: (Element) -> Bool) -> [Element] {
    var found: [Element] = []
    var frontier = DueQueue<Place>()
    if let first = heap.first { frontier.push(Place(element: first, index: 0)) }
    // Bounded: stale entries are few (see `compact`), and a look for status may not cost more than a tick.
    var steps = 0
    while found.count < limit, steps < limit * 64 + 64, let place = frontier.popFirst() {
      steps += 1
      if isLive(place.element) { found.append(place.element) }
      for child in [place.index * 2 + 1, place.index * 2 + 2] where child < heap.count {
        frontier.push(Place(element: heap[child], index: child))
      }
    }
    return found
  }

  private struct Place: Comparable, Sendable {
    let element: Element
    let index: Int

    static func < (left: Place, right: Place) -> Bool { left.element < right.element }
  }

  /// Every parent is at most its children; for tests.
  func satisfiesHeapOrder() -> Bool {
    heap.indices.dropFirst().allSatisfy { !(heap[$0] < heap[($0 - 1) / 2]) }
  }

  /// Checked after each push of a debug build while the queue is small enough for that to cost nothing.
  private func checkInvariants() -> Bool { heap.count > 64 || satisfiesHeapOrder() }

  private mutating func siftUp(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(from start: Int) {
    var parent = start
    while true {
      var smallest = parent
      for child in [parent * 2 + 1, parent * 2 + 2] where child < heap.count && heap[child] < heap[smallest] {
        smallest = child
      }
      if smallest == parent { return }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
