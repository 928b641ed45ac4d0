import Glibc

/// The checkout that these tests were built from, read file by file.
enum Repository {
  /// The checkout's root, from the place of this file: three levels up.
  static let root: String = {
    let parts = String(describing: #filePath).split(separator: "/")
    return "/" + parts.dropLast(3).joined(separator: "/")
  }()

  /// Whether a program asked for generated parts of documents to be written instead of compared.
  static var isUpdating: Bool {
    guard let value = getenv("CRONWATCH_UPDATE") else { return false }
    return String(cString: value) == "1"
  }

  /// The names in a folder (relative to the root), sorted, without those that begin with a dot.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(absolute(folder)) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// Every regular file below a folder with one of the endings, as sorted paths relative to the root.
  static func files(below folder: String, endings: [String]) -> [String] {
    var found: [String] = []
    for name in names(in: folder) {
      let path = folder + "/" + name
      if isFolder(path) {
        found += files(below: path, endings: endings)
      } else if endings.contains(where: { name.hasSuffix($0) }) {
        found.append(path)
      }
    }
    return found
  }

  static func isFolder(_ path: String) -> Bool {
    var information = stat()
    return stat(absolute(path), &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
  }

  static func exists(_ path: String) -> Bool {
    access(absolute(path), F_OK) == 0
  }

  /// The bytes of a file, or nil when it can't be read.
  static func bytes(of path: String) -> [UInt8]? {
    guard let file = fopen(absolute(path), "re") else { return nil }
    defer { fclose(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return ferror(file) == 0 ? content : nil }
      content += buffer[..<count]
    }
  }

  static func text(of path: String) -> String? {
    bytes(of: path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Replaces a file's content; only `CRONWATCH_UPDATE=1` leads here.
  static func write(_ text: String, to path: String) -> Bool {
    guard let file = fopen(absolute(path), "we") else { return false }
    let content = Array(text.utf8)
    let written = fwrite(content, 1, content.count, file)
    return fclose(file) == 0 && written == content.count
  }

  /// Every Swift file of the package.
  static let swiftFiles: [SourceFile] =
    (files(below: "Sources", endings: [".swift"])
    + files(below: "Tests", endings: [".swift"])).compactMap { path in
      text(of: path).map { SourceFile(path: path, text: $0) }
    }

  /// Every C file of the package.
  static let cFiles: [SourceFile] = files(below: "Sources", endings: [".c", ".h"]).compactMap { path in
    text(of: path).map { SourceFile(path: path, text: $0) }
  }

  /// Where a path leads; one that begins with `/` is the machine's, such as a zone's data.
  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return path.isEmpty ? root : root + "/" + path
  }
}
