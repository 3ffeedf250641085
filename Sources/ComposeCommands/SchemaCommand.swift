import ArgumentParser
import ComposeLoader

/// `gantry schema`
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of Compose files, for editors.",
        discussion: """
            It is made from what this program accepts, x-gantry included. For an editor with a YAML language server:
              gantry schema > compose.schema.json
            and as the first line of compose.yaml:
              # yaml-language-server: $schema=./compose.schema.json
            """)

    @OptionGroup var options: GlobalOptions

    func run() throws { writeOutput(ComposeJSONSchema.text) }
}
