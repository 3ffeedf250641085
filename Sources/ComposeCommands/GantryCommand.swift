import ArgumentParser

/// The root command.
struct GantryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gantry",
        abstract: "Runs the containers of Compose files: all of a stack, or none of it.",
        discussion: """
            Options of all commands may stand before the command too, where -f is --file and -p is --project-name:
              gantry -f shop.yaml -p shop up -d --wait
            """,
        subcommands: commands)

    static let commands: [any ParsableCommand.Type] = [
        UpCommand.self, DownCommand.self, StartCommand.self, StopCommand.self, RestartCommand.self,
        RunCommand.self, ScaleCommand.self, PsCommand.self, LogsCommand.self,
        PlanCommand.self, ConfigCommand.self, ExplainCommand.self, SchemaCommand.self, VersionCommand.self,
        RecoverCommand.self, ReportCommand.self, SuperviseCommand.self, ReleasesCommand.self, RollbackCommand.self,
        DriftCommand.self, ShipCommand.self, DeadLetterCommand.self, SinkCommand.self,
    ]
}
