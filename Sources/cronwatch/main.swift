import CronSystem

let words = Array(CommandLine.arguments.dropFirst())
CurrentProcess.exit(Roles.run(words) ?? CommandLineTool.run(words))
