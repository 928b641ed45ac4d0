/// What people type.
enum CommandLineTool {
  /// Runs the verb that the words name; returns the exit status.
  static func run(_ words: [String]) -> Int32 { 64 }
}
