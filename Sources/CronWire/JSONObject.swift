/// The members of a JSON object in their order, each name once.
///
/// Two objects are equal when members and order are: a message is written and compared as it will be seen.
public struct JSONObject: Hashable, Sendable {
  /// One name and its value.
  public struct Member: Hashable, Sendable {
    /// The name.
    public let key: String
    /// The value.
    public var value: JSONValue

    init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// The members, in order.
  public private(set) var members: [Member]

  /// An empty object.
  public init() {
    members = []
  }

  /// Members in the order given; of two with one name the later value counts, at the earlier place.
  public init(_ pairs: [(String, JSONValue)]) {
    members = []
    members.reserveCapacity(pairs.count)
    for (key, value) in pairs { self[key] = value }
  }

  /// For the reader, which has refused duplicate names already.
  init(distinct members: [Member]) {
    self.members = members
  }

  /// How many members there are.
  public var count: Int { members.count }

  /// The value of that name; setting appends or replaces in place, setting nil removes.
  public subscript(key: String) -> JSONValue? {
    get {
      members.first { Self.same($0.key, key) }?.value
    }
    set {
      let place = members.firstIndex { Self.same($0.key, key) }
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil): members.remove(at: place)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// RFC 8259 §8.3 compares names unit by unit; Swift's `==` would make composed and decomposed letters one name.
  private static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }
}
