/// What a kind of file system means for state that has to survive, statfs(2).
enum FileSystemKind: Hashable {
  /// A disk of this machine.
  case local
  /// Another machine's: locks, leases and syncs can't be relied on, and any call can hang.
  case network(String)
  /// Memory: gone after a reboot.
  case memory(String)
  /// The writable layer of a container: gone with it.
  case container
  /// A process serves it: what it is can't be told.
  case userSpace

  private static let networks: [UInt64: String] = [
    0x6969: "NFS", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB", 0x517B: "SMB", 0x5346_414F: "AFS", 0x0102_1997: "9P",
    0x00C3_6400: "Ceph", 0x0BD0_0BD0: "Lustre", 0x4750_4653: "GPFS", 0x7461_636F: "OCFS2", 0x0116_1970: "GFS2",
    0x7375_7245: "Coda",
  ]

  init(magic: UInt64) {
    self =
      switch magic {
      case 0x0102_1994: .memory("tmpfs")
      case 0x8584_58F6: .memory("ramfs")
      case 0x794C_7630: .container
      case 0x6573_5546: .userSpace
      default: Self.networks[magic].map { .network($0) } ?? .local
      }
  }
}
