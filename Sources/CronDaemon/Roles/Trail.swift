internal import CronEngine
internal import CronSystem

/// Where a ticker leaves its breadcrumb: memory of its watcher, which a death of the ticker doesn't touch.
///
/// One `pwrite` into a memfd: no disk, no sync, no name that anybody could remove, and nothing that a truncated file
/// could do to whoever writes (a mapped one would raise SIGBUS).
final class Trail {
  /// Where a ticker finds it.
  static let descriptor: Int32 = 7
  private static let size = 512

  private var memory: FileDescriptor?
  private var isClear = false

  /// Takes over the memory; nil = there is none, and nothing is left behind.
  init(_ memory: consuming FileDescriptor?) { self.memory = memory }

  /// A watcher's, in the place of its standard input, which it never reads: one descriptor less.
  ///
  /// Called before anything else is opened. If 0 was closed the memory gets it at once; a program that is executed in
  /// this place finds an open file there, as it may expect, and puts its own in its stead.
  static func inPlaceOfStandardInput() -> Trail {
    do throws(Errno) {
      let memory = try Memfd.create(name: "cronwatch-trail")
      if memory.raw == standardInput { return Trail(memory) }
      try memory.install(as: standardInput)
      return Trail(FileDescriptor(owning: standardInput))
    } catch {
      return Trail(nil)
    }
  }

  private static let standardInput: Int32 = 0

  /// The memory's number for a spawn list.
  var raw: Int32? { memory?.raw }

  /// Says what is done next.
  func drop(_ step: Breadcrumb.Step, _ input: String? = nil) { write(Breadcrumb(step, input).description) }

  /// The same, of somebody who doesn't know where it is written.
  func drop(_ breadcrumb: Breadcrumb) { write(breadcrumb.description) }

  /// Says that it is done.
  func clear() { if !isClear { write("") } }

  /// What was left; nil = nothing.
  func read() -> Breadcrumb? {
    do throws(Errno) {
      guard let bytes = try memory?.read(upTo: Self.size, at: 0) else { return nil }
      return Breadcrumb(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    } catch {
      return nil
    }
  }

  private func write(_ text: String) {
    isClear = text.isEmpty
    var bytes = Array(text.utf8.prefix(Self.size - 1))
    bytes.append(0)
    // A crumb less: nothing may fail because of it.
    do { try memory?.write(bytes, at: 0) } catch {}
  }
}
