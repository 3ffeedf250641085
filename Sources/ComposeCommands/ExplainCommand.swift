import ArgumentParser
import ComposeLoader
import ComposeModel

/// `gantry explain`
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Shows where the values of the project come from.",
        discussion: """
            For each value: every place that says something of it, the lowest first;
            what became of it; and the variables in it, each with the place that sets it.

            A path has dots between names, and brackets round the number of an item. A
            name with dots in it stands in quotes; an item may also be named by what
            tells it from others. "services." may be left out.
              gantry explain services.web.environment.LOG
              gantry explain web.image db.image
              gantry explain 'services."my.svc".ports[0]'
              gantry explain web.volumes./data web.ports.8080
              gantry explain web                      # every value of the service
            """)

    @Argument(help: ArgumentHelp("What to explain.", valueName: "path"))
    var paths: [String]

    @Option(name: .customLong("format"), help: ArgumentHelp("The form.", valueName: "form"))
    var format: ExplainFormat = .text

    @OptionGroup var options: GlobalOptions

    func run() throws {
        let session = try CommandSession(options)
        let loaded = try session.load { load in
            load.keepsHistory = true
            load.keepsUnusedResources = true
            load.appliesDefaultPlatform = false
        }
        guard let explainer = Explainer(loaded) else { return }
        var explanations: [Explanation] = []
        var omitted: [(path: String, count: Int)] = []
        for path in paths {
            let found = try explainer.explain(path)
            explanations += found.explanations
            if found.omitted > 0 { omitted.append((path, found.omitted)) }
        }
        switch format {
        case .text: standardOutput(explanations.map(ExplainText.text).joined(separator: "\n"))
        case .json: writeOutput(String(decoding: ExplainJSON.value(explanations).json(.indented), as: UTF8.self) + "\n")
        }
        for (path, count) in omitted {
            standardError("\(path) has \(count) more values: a longer path shows them.")
        }
    }
}

/// The forms of an explanation.
enum ExplainFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
