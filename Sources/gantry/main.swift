import ComposeCommands

await CommandLineTool.run(CommandLine.arguments)
