import CronDaemon
import CronSystem

/// What people type: finds the verb, reads its words, and says once why it failed.
enum CommandLineTool {
  /// Runs the verb that the words name; returns the exit status.
  static func run(_ words: [String]) -> Int32 {
    do throws(CommandFailure) {
      return try dispatch(words[...]).rawValue
    } catch {
      var text = "cronwatch: \(error.message)\n"
      if let hint = error.hint { text += "hint: \(hint)\n" }
      do { try StandardError.write(text) } catch {}
      return error.status.rawValue
    }
  }

  private static func dispatch(_ words: ArraySlice<String>) throws(CommandFailure) -> ExitStatus {
    guard let name = words.first else {
      do { try StandardError.write(HelpText.overview() + "\n") } catch {}
      return .usage
    }
    let known = ["--help": "help", "-h": "help", "--version": "version"][name] ?? name
    guard let verb = Verb.all.first(where: { $0.name == known }) else { throw HelpText.unknownVerb(name) }
    let arguments = try ArgumentReader.read(words.dropFirst(), for: verb)
    let context = CommandContext(arguments: arguments)
    if arguments.has("--help") {
      context.print(HelpText.text(of: verb))
      return .success
    }
    return try verb.run(context, arguments)
  }
}
