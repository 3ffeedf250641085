import ComposeCommands

await CommandLineTool.run(CommandLine.arguments, sinks: [CSVSinkKind.self])
