import DockerEngine
import FoundationEssentials
import Subprocess
import SystemPackage
import Testing

/// What scenarios need of the machine; where it is missing they are skipped and say so.
enum TestBed {
    private static let environment = ProcessInfo.processInfo.environment

    /// The program under test.
    static let binary = environment["GANTRY_BINARY"].flatMap { $0.isEmpty ? nil : $0 }
    /// The engine that the scenarios work on.
    static let engineHost = environment["DOCKER_HOST"].flatMap { $0.isEmpty ? nil : $0 }
    /// What a program needs to be started at all; nothing else is handed on, so that no setting of the caller decides.
    static let basicEnvironment = environment.filter { ["PATH", "HOME", "TMPDIR", "LANG"].contains($0.key) }

    /// Why scenarios cannot run here, nil where they can.
    static let absence: String? =
        if binary == nil {
            "GANTRY_BINARY does not name the gantry to test; Integration/test builds one and sets it"
        } else if engineHost == nil {
            "DOCKER_HOST does not name an engine; Integration/with-engine starts one and sets it"
        } else {
            nil
        }

    /// The folder of the project's examples.
    static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Examples").path()

    /// Docker Compose itself, which the checks of interchange run beside Gantry; nil where it cannot be had.
    static var referenceCompose: String? {
        get async { await reference.value }
    }

    // Awaited by whoever asks first; the others find it done.
    private static let reference = Task { () -> String? in
        guard let shared = environment["GANTRY_SHARED"], absence == nil else { return nil }
        let script = shared + "/peers/reference-compose"
        guard FileManager.default.isExecutableFile(atPath: script) else { return nil }
        let result = try? await run(
            .path(FilePath(script)), output: .string(limit: pathLimit), error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput.split(separator: "\n").last.map(String.init)
    }

    /// More than any path takes (PATH_MAX is 4096).
    private static let pathLimit = 8192
}

extension Trait where Self == ConditionTrait {
    /// Runs only where there are a binary and an engine.
    static var onEngine: Self {
        .enabled(if: TestBed.absence == nil, Comment(rawValue: TestBed.absence ?? ""))
    }

    /// Runs only where there is Docker Compose to compare with.
    static var besideDockerCompose: Self {
        .enabled("GANTRY_SHARED does not name a folder whose peers/reference-compose provides Docker Compose") {
            await TestBed.referenceCompose != nil
        }
    }
}
