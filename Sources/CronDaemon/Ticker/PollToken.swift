/// What a descriptor in the ticker's poller stands for, packed into epoll's 64 bits of user data.
enum PollToken: Hashable {
  case signals, wallTimer, monotonicTimer, channel, ledgerSync, sources, control
  /// The worker's doorbell in that slot.
  case doorbell(slot: Int)
  /// The pidfd of a worker that isn't our child.
  case worker(slot: Int)
  /// The pidfd of a job whose worker is dead and that isn't our child.
  case job(slot: Int)
  /// Writes to the output of such a job.
  case output(slot: Int)
  /// A client of the control socket, when the ticker serves it.
  case client(UInt32)

  init?(rawValue: UInt64) {
    let number = Int(truncatingIfNeeded: rawValue & 0xFFFF_FFFF)
    switch rawValue >> 32 {
    case 1: self = .signals
    case 2: self = .wallTimer
    case 3: self = .monotonicTimer
    case 4: self = .channel
    case 5: self = .ledgerSync
    case 6: self = .sources
    case 7: self = .control
    case 8: self = .doorbell(slot: number)
    case 9: self = .worker(slot: number)
    case 10: self = .job(slot: number)
    case 11: self = .client(UInt32(truncatingIfNeeded: number))
    case 12: self = .output(slot: number)
    default: return nil
    }
  }

  var rawValue: UInt64 {
    func packed(_ kind: UInt64, _ number: Int = 0) -> UInt64 { kind << 32 | UInt64(truncatingIfNeeded: number) }
    return switch self {
    case .signals: packed(1)
    case .wallTimer: packed(2)
    case .monotonicTimer: packed(3)
    case .channel: packed(4)
    case .ledgerSync: packed(5)
    case .sources: packed(6)
    case .control: packed(7)
    case .doorbell(let slot): packed(8, slot)
    case .worker(let slot): packed(9, slot)
    case .job(let slot): packed(10, slot)
    case .client(let number): packed(11, Int(number))
    case .output(let slot): packed(12, slot)
    }
  }
}
