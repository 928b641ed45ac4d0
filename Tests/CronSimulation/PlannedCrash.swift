/// The ticker dies at a change of the disk, counted from 1; with it the machine, where that is asked for.
public struct PlannedCrash: Sendable {
  /// Which change.
  public var change: Int
  /// Whether the machine loses power at that moment.
  public var takesPower: Bool

  /// A crash at that change.
  public init(at change: Int, takesPower: Bool) { (self.change, self.takesPower) = (change, takesPower) }
}
