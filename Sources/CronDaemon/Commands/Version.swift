/// The version of this build: what `cronwatch version` prints and the ledger's `restart` records carry.
public enum Version {
  /// Major, minor and patch.
  public static let text = "0.2.0"
}
