import ComposeLoader
import ComposeModel
import Testing

/// Loads projects from files in memory, in the folder `/work/demo`.
struct Loading {
    static let folder = "/work/demo"

    static func options(_ change: (inout LoadOptions) -> Void = { _ in }) -> LoadOptions {
        var options = LoadOptions(workingDirectory: folder, environment: ["HOME": "/home/user"])
        change(&options)
        return options
    }

    static func load(
        _ files: [String: String], _ change: (inout LoadOptions) -> Void = { _ in }
    ) throws(LoadFailure) -> LoadedProject {
        var absolute: [String: String] = [:]
        for (path, text) in files { absolute[path.hasPrefix("/") ? path : folder + "/" + path] = text }
        return try ProjectLoader(options: options(change), files: MemoryFiles(absolute)).load()
    }

    /// The project of one file.
    static func project(
        _ text: String, _ change: (inout LoadOptions) -> Void = { _ in }
    ) throws(LoadFailure) -> Project {
        try load(["compose.yaml": text], change).project
    }

    /// The one service of a file, from its attributes in flow style.
    static func service(_ attributes: String) throws -> Service {
        let text = "services: {a: {image: x, \(attributes)}}\nvolumes: {data: {}}\n"
        return try #require(try project(text).services["a"])
    }

    /// What loading complains about, warnings where it succeeds.
    static func report(
        _ files: [String: String], _ change: (inout LoadOptions) -> Void = { _ in }
    ) -> String {
        do throws(LoadFailure) {
            return DiagnosticRenderer().text(of: try load(files, change).warnings)
        } catch {
            return error.description
        }
    }

    /// A service's attribute as it is printed, in compact JSON.
    static func printed(_ attribute: String, of service: Service) -> String? {
        service.canonical[attribute].map { String(decoding: $0.json(), as: UTF8.self) }
    }
}
