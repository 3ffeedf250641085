import ComposeState
import DockerEngine
import EngineAPI
import FoundationEssentials

extension CommandSession {
    /// Tries to get the right to keep a project, which one process has at a time.
    func attemptSupervision(of project: String, command: String) throws -> ProjectLock.Attempt {
        // Opening the journal makes the folder too.
        _ = try StateDirectory(environment: environment).journal()
        return try ProjectLock.attempt(path: supervisionPath(of: project), holder: holder(of: command))
    }

    /// Whether a process keeps the project.
    func isSupervised(_ project: String) throws -> Bool {
        // Where nobody ever did, no file is made.
        let path = supervisionPath(of: project)
        guard FileManager.default.fileExists(atPath: path) else { return false }
        switch try ProjectLock.attempt(path: path, holder: "gantry") {
        case .locked: return false
        case .held: return true
        }
    }

    private func supervisionPath(of project: String) -> String {
        let scope = JournalScope(engine: address.description, project: project)
        return StateDirectory(environment: environment).lockPath(scope) + ".supervise"
    }
}

/// Another process supervises the project.
struct SupervisedAlready: Error, CustomStringConvertible {
    let project: String
    let holder: String

    var description: String { "Project \(project) is kept by \(holder) already. End that one first." }
}
