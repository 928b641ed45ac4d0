/// Which inputs kill one ticker after another, and are kept from the next ones.
///
/// An input is guilty once three deaths running had it in their breadcrumb; it is set aside at the next start in safe
/// mode, so that a bad hour of the machine alone condemns nobody.
public struct Suspects: Hashable, Sendable {
  /// Deaths in a row with one breadcrumb that make it guilty.
  public static let deathsToConvict = 3
  /// Inputs that may be set aside at one time: were it more, they would not be the cause.
  public static let mostSetAside = 16

  /// What no ticker gets to see, in the order in which it was set aside.
  public private(set) var setAside: [Breadcrumb] = []
  private var last: Breadcrumb?
  private var inARow = 0

  /// Nobody is suspected.
  public init() {}

  /// Notes that a ticker died, and what it was at; nil = nothing in particular, which acquits everybody.
  public mutating func died(at breadcrumb: Breadcrumb?) {
    inARow = breadcrumb == last ? min(inARow + 1, Self.deathsToConvict) : 1
    last = breadcrumb
  }

  /// Sets aside what is guilty when the next ticker starts in safe mode; answers what it was.
  public mutating func convict(inSafeMode: Bool) -> Breadcrumb? {
    guard inSafeMode, inARow >= Self.deathsToConvict, let guilty = last, guilty.input != nil,
      setAside.count < Self.mostSetAside, !setAside.contains(guilty)
    else { return nil }
    setAside.append(guilty)
    (last, inARow) = (nil, 0)
    return guilty
  }

  /// The input has changed: it is tried again.
  public mutating func lift(_ breadcrumb: Breadcrumb) {
    setAside.removeAll { $0 == breadcrumb }
    if last == breadcrumb { (last, inARow) = (nil, 0) }
  }
}
