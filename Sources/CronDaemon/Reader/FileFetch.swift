public import CronSystem

/// Why a file could not be fetched.
public enum FileFetchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Opening or reading it said so.
  case file(ForeignFileError)
  /// It was not read within so many milliseconds.
  case late(milliseconds: Int)
  /// The process that was to read it could not be started, or died.
  case helper(String)

  /// A phrase for messages.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .late(let milliseconds): "it did not answer within \(milliseconds / 1_000) s: is it on a dead mount?"
    case .helper(let why): "it can't be read now: \(why)"
    }
  }

  /// Whether the file itself is at fault; else the same try may succeed later.
  public var isOfTheFile: Bool { if case .file = self { true } else { false } }
}

/// Reads files that users name for commands, which must come back whatever a mount does.
///
/// A process of its own opens and reads the file. One that hangs is left behind.
public enum FileFetch {
  /// How long a command waits for such a file.
  public static let patienceMilliseconds = 10_000

  /// The bytes of a regular file of at most `limit` bytes. `deadline` is in CLOCK_MONOTONIC nanoseconds; nil = the
  /// usual patience from now on. `passesInput` is for those who may name /dev/stdin.
  public static func read(
    _ path: String, limit: Int, deadline: Int64? = nil, passesInput: Bool = false
  ) throws(FileFetchError) -> [UInt8] {
    let deadline = deadline ?? Self.deadline()
    var words = RoleArguments()
    words.add("file", path)
    words.add("limit", limit)
    let helper = Helper("fetch", words, passesInput: passesInput)
    let (said, end) = helper.read(until: deadline, limit: limit + FetchAnswer.longestHead + 1)
    switch end {
    case .gaveUp: throw .late(milliseconds: patienceMilliseconds)
    case .failed(let error): throw .helper("\(error)")
    case .finished: break
    }
    guard let answer = FetchAnswer(said) else { throw .helper("its reader died") }
    switch answer {
    case .bytes(let bytes): return bytes
    case .failure(let error): throw .file(error)
    }
  }

  /// What all files of one command have to keep together.
  public static func deadline() -> Int64 { SystemClock.monotonic() + Int64(patienceMilliseconds) * 1_000_000 }
}

/// What the helper says: a line, and after `FILE SIZE` so many bytes.
enum FetchAnswer: Hashable {
  case bytes([UInt8])
  case failure(ForeignFileError)

  /// Longer than any first line.
  static let longestHead = 256

  /// As it goes through the pipe.
  var encoded: [UInt8] {
    switch self {
    case .bytes(let bytes): Array("FILE \(bytes.count)\n".utf8) + bytes
    case .failure(.system(let error)): Array("ERRNO \(error.rawValue)\n".utf8)
    case .failure(.notRegular(let kind)): Array("KIND \(kind.rawValue)\n".utf8)
    case .failure(.tooLarge(let limit)): Array("LARGE \(limit)\n".utf8)
    }
  }

  /// nil when it is cut short or none: whoever said it died.
  init?(_ said: [UInt8]) {
    guard let newline = said.prefix(Self.longestHead).firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let head = String(decoding: said[..<newline], as: UTF8.self).split(separator: " ", maxSplits: 1)
    guard head.count == 2 else { return nil }
    let body = said[(newline + 1)...]
    switch head[0] {
    case "FILE":
      guard body.count == Int(head[1]) else { return nil }
      self = .bytes(Array(body))
    case "ERRNO":
      guard let number = Int32(head[1]) else { return nil }
      self = .failure(.system(Errno(rawValue: number)))
    case "KIND":
      guard let kind = FileStatus.Kind(rawValue: String(head[1])) else { return nil }
      self = .failure(.notRegular(kind))
    case "LARGE":
      guard let limit = Int(head[1]) else { return nil }
      self = .failure(.tooLarge(limit: limit))
    default: return nil
    }
  }

  init(reading path: String, limit: Int) {
    do throws(ForeignFileError) {
      self = .bytes(try ForeignFile.read(path, limit: limit).bytes)
    } catch {
      self = .failure(error)
    }
  }
}

/// `cronwatch role fetch --file PATH --limit BYTES`: reads one file for a command.
public enum FetchRole {
  /// Reads, and returns the exit status.
  public static func main(_ arguments: RoleArguments) -> Int32 {
    guard let path = arguments["file"], let limit = arguments.number("limit", as: Int.self) else { return 64 }
    Fault.point("fetch.begin", of: path)
    do throws(Errno) {
      try StandardOutput.write(FetchAnswer(reading: path, limit: limit).encoded)
      return 0
    } catch {
      return 75
    }
  }
}
