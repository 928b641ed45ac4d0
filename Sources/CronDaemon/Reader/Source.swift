internal import CronConfig
internal import CronSystem

/// One file that jobs or settings come from, before it is opened.
struct Source: Hashable {
  /// How its bytes are to be understood.
  enum Form: Hashable {
    /// A crontab of this format.
    case crontab(CrontabFormat)
    /// `cronwatch.conf`: settings and jobs; without a good one nothing can start.
    case settings
    /// A `.conf` file of which only the jobs count.
    case jobs
  }

  /// Who may have written it.
  enum Trust: Hashable {
    /// Whoever started cronwatch named it: links and owners are that person's business.
    case named
    /// One of the system's tables: it becomes commands of anybody, so it must be root's.
    case system
    /// A user's crontab in the spool.
    case spool(user: String)
    /// Ours, below the state directory.
    case own
  }

  var path: String
  var kind: SourceKind
  var form: Form
  var trust: Trust

  /// Whether its absence is a fault: somebody named it, and it isn't there.
  var isExpected: Bool { trust == .named && form != .settings }
}

/// What opening and reading a source gave.
enum SourceContent: Hashable {
  case bytes([UInt8], SourceFingerprint)
  /// There is no such file.
  case absent
  /// It can't be read now, or is nothing that could be read: the last good copy stays in use.
  case unusable(String)
  /// Its owner, mode or account forbid its use, and that of any copy too.
  case forbidden(String)
}

/// Opens and reads sources; nothing in them can hang or flood us but the file system itself.
struct SourceLoader {
  let accounts: AccountBook

  func load(_ source: Source) -> SourceContent {
    let parts = source.path.split(separator: "/")
    guard let name = parts.last.map(String.init) else { return .unusable("it is a directory") }
    let parent = String(source.path.dropLast(name.utf8.count))
    do throws(ForeignFileError) {
      switch source.trust {
      case .named: return content(try readForeign(source.path))
      case .system: return try loadSystem(source.path, parent: parent, name: name)
      case .spool(let user): return try loadSpool(parent: parent, name: name, user: user)
      case .own: return content(try readPlain(parent: parent, name: name))
      }
    } catch {
      switch error {
      case .system(.noEntry): return .absent
      case .system(.tooManySymbolicLinks): return .unusable("it is a symbolic link, and here none is followed")
      case .system(.tooManyLinks): return .unusable("it has several hard links")
      case .system(.isDirectory): return .unusable("it is a directory, not a regular file")
      case .system(.invalidArgument): return .unusable("it is not a regular file")
      case .notRegular(let kind): return .unusable("it is \(kind.rawValue), not a regular file")
      case .tooLarge: return .unusable("it is larger than 64 MiB")
      case .system(let error): return .unusable("\(error)")
      }
    }
  }

  /// Links are followed only where root made them.
  private func loadSystem(
    _ path: String, parent: String, name: String
  ) throws(ForeignFileError) -> SourceContent {
    let link: FileStatus?
    do { link = try Directory.open(parent).status(name) } catch { throw .system(error) }
    if let link, link.kind == .symbolicLink, link.userIdentifier != 0 {
      return .forbidden("it is a symbolic link of uid \(link.userIdentifier), not of root")
    }
    let file = try readForeign(path)
    if let objection = SourceRules.systemObjection(facts(file.status)) { return .forbidden(objection) }
    return content(file)
  }

  private func loadSpool(
    parent: String, name: String, user: String
  ) throws(ForeignFileError) -> SourceContent {
    let uid: UInt32
    switch accounts.look(up: user) {
    case .known(let account): uid = account.userIdentifier
    case .unknown: return .forbidden("there is no user '\(user)'")
    case .failed(let error): return .unusable("the user '\(user)' can't be looked up: \(error)")
    }
    if let objection = accounts.objection(to: user) { return .forbidden(objection) }
    let file = try readPlain(parent: parent, name: name)
    if let objection = SourceRules.spoolObjection(facts(file.status), user: user, uid: uid) {
      return .forbidden(objection)
    }
    return content(file)
  }

  /// Bytes, and the status of the open file that they came from.
  private struct OpenedBytes {
    var bytes: [UInt8]
    var status: FileStatus
  }

  private func readForeign(_ path: String) throws(ForeignFileError) -> OpenedBytes {
    let file = try ForeignFile.read(path, limit: CrontabParser.largestFile)
    return OpenedBytes(bytes: file.bytes, status: file.status)
  }

  private func readPlain(parent: String, name: String) throws(ForeignFileError) -> OpenedBytes {
    do throws(Errno) {
      let file = try Directory.open(parent).openFile(name, .read)
      let status = try file.status()
      return OpenedBytes(bytes: try file.readToEnd(limit: CrontabParser.largestFile), status: status)
    } catch {
      throw error == .fileTooLarge ? .tooLarge(limit: CrontabParser.largestFile) : .system(error)
    }
  }

  private func facts(_ status: FileStatus) -> SourceFacts {
    SourceFacts(owner: status.userIdentifier, mode: status.permissions, isRegular: status.kind == .regular)
  }

  private func content(_ file: OpenedBytes) -> SourceContent {
    .bytes(
      file.bytes,
      SourceFingerprint(
        size: Int64(file.bytes.count),
        modifiedNanoseconds: file.status.modifiedMicroseconds.multipliedReportingOverflow(by: 1_000).partialValue,
        inode: file.status.inode, checksum: CRC32C.checksum(file.bytes)))
  }
}
