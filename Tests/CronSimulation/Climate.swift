/// What a world is exposed to, beside users, clocks, hangs and crashes of processes.
///
/// Where everything fails at once the ledger loses a part of itself sooner or later, and says so; less can be asked of
/// it then. So most worlds have less trouble, and must account for every occurrence.
public enum Climate: CaseIterable, Sendable {
  /// Processes die; machine and disk are sound.
  case calm
  /// The machine loses power.
  case power
  /// The disk is full, fails, refuses to sync, or hangs.
  case disk
  /// All of it, and bits that turn over.
  case storm

  /// Whether the machine loses power.
  var losesPower: Bool {
    switch self {
    case .power, .storm: true
    case .calm, .disk: false
    }
  }

  /// Whether the disk fails.
  var troublesDisk: Bool {
    switch self {
    case .disk, .storm: true
    case .calm, .power: false
    }
  }
}
