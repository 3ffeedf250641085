import ComposeLoader
import ComposeLogs
import ComposeModel
import FoundationEssentials
import LogShipping

/// What a shipper is to do: read anew when it is told to, and compared with what it does.
struct ShippingSetup: Equatable, Sendable {
    let declaration: ShippingDeclaration
    let selection: CaptureSelection
    /// The project whose containers they are; nil for all of the engine.
    let project: String?
    /// The files that it was read from; when one has changed, it is read again.
    let files: [String]
    /// Where containers send their output that do so themselves; nil where none does.
    var logSocket: String?

    /// What is shipped, for people.
    var subject: String { project.map { "project \($0)" } ?? "all containers" }

    /// What captures have to be begun anew for.
    func needsNewCapture(after other: ShippingSetup) -> Bool {
        selection != other.selection || declaration.plan.processing != other.declaration.plan.processing
    }

    // MARK: Reading it

    private static let keys = ["x-gantry", "logs"]
    private static let shown = "x-gantry.logs"

    /// The setup for a project.
    ///
    /// - Parameter services: those whose output is shipped; empty: all.
    /// - Throws: `LoadFailure` with the places of what is wrong in the files; ``DeclarationMistakes``.
    static func project(
        _ loaded: LoadedProject, services: [String], adding additions: ShippingDeclaration.Additions
    ) throws -> ShippingSetup {
        try located(in: loaded) { try project(loaded.project, services: services, adding: additions) }
    }

    /// The same for a project whose files' places are not known any more.
    ///
    /// - Throws: ``DeclarationMistakes``.
    static func project(
        _ project: Project, services: [String] = [], adding additions: ShippingDeclaration.Additions = .init()
    ) throws -> ShippingSetup {
        let logs = project.extensions["x-gantry"]?["logs"] ?? .null
        let declaration = try ShippingDeclaration(
            DeclaredValue(logs, keys: keys, shown: shown), adding: additions, directory: project.workingDirectory)
        var selection = CaptureSelection.project(project.name, services: services.isEmpty ? nil : Set(services))
        selection.keptLabels = declaration.keptLabels
        selection.modes = project.services.compactMapValues { service in
            project.capture(of: service).flatMap(CaptureMode.init(rawValue:))
        }
        var setup = ShippingSetup(
            declaration: declaration, selection: selection, project: project.name,
            files: project.configFiles + project.environmentFiles)
        if project.services.values.contains(where: project.forwardsOutput) { setup.logSocket = project.logSocket }
        return setup
    }

    /// The setup for all containers of an engine that these conditions select.
    ///
    /// - Parameter file: where it is declared; nil for what the command line alone says.
    static func everything(
        of selection: CaptureSelection, file: String?, adding additions: ShippingDeclaration.Additions,
        environment: [String: String]
    ) throws -> ShippingSetup {
        let folder = FileManager.default.currentDirectoryPath
        let path = file.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
        let logs = try path.map { try LogsFile.read($0, environment: environment) } ?? .null
        let directory = path.map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) } ?? folder
        let declaration = try ShippingDeclaration(
            DeclaredValue(logs, shown: "logs"), adding: additions, directory: directory)
        var selection = selection
        selection.keptLabels = declaration.keptLabels
        return ShippingSetup(
            declaration: declaration, selection: selection, project: nil, files: path.map { [$0] } ?? [])
    }

    /// Mistakes in the project's files get their places there.
    private static func located<Result>(in loaded: LoadedProject, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let mistakes as DeclarationMistakes {
            throw loaded.failure(mistakes.mistakes.map { ($0.keys, $0.shown, $0.message) })
        }
    }
}
