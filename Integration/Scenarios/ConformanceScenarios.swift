import FoundationEssentials
import Subprocess
import Testing

/// `gantry config` understands what Docker Compose understands, measured by the conformance corpus in `GANTRY_SHARED`.
@Suite(.besideConformanceCorpus) struct ConformanceScenarios {
    /// Cases where ours is the better answer; the loader's deviation tests say why, each.
    private static let deviations: Set<String> = [
        "compose-go/loader-extendsnil", "compose-go/loader-loadyamlwithenv-nc", "compose-go/loader-resetcycle-5-2",
        "compose-go/loader-xservice", "compose-go/types-bytes-1e3", "edge/env-file-15", "edge/env-file-37",
        "edge/include-conflict", "edge/merge-type-conflict",
    ]
    /// Of the cases that are mistakes, those that no file says: a file that is not there, a name on the command line.
    private static let placeless = 9

    @Test func everyCaseMustGiveDockerComposesAnswerButForTheNamedOnes() async throws {
        let report = try await ConformanceCorpus.run()
        let failed = Set(
            report.lines.filter { $0.hasPrefix("FAIL") }.compactMap { $0.split(separator: " ").dropFirst().first })
        #expect(failed.subtracting(ConformanceScenarios.deviations.map { $0[...] }).isEmpty, "\(report)")
        #expect(
            failed.count == ConformanceScenarios.deviations.count, "a deviation is gone: remove its name\n\(report)")
        let located = try #require(report.lines.first { $0.hasPrefix("located: ") }).split(separator: " ").compactMap {
            Int($0)
        }
        try #require(located.count == 2, "\(report)")
        #expect(located[1] - located[0] <= ConformanceScenarios.placeless, "\(report)")
    }

    @Test func mutatedFilesMustNeverCrashHangOrFloodIt() async throws {
        let outcome = try await ConformanceCorpus.run("--fuzz", "200", "--seed", "1")
        #expect(outcome.code == 0, "\(outcome)")
    }
}

/// The corpus, and the program that runs it.
private enum ConformanceCorpus {
    static func run(_ arguments: String...) async throws -> Outcome {
        let script = try #require(ConformanceCorpus.script)
        let binary = try #require(TestBed.binary)
        let command = Command(
            program: try #require(python), arguments: [script, "--cmd", binary] + arguments,
            environment: TestBed.basicEnvironment, folder: "/")
        // It starts as many programs at once as there are processors.
        return try await Gate.shared.enter(alone: true) { try await command.run() }
    }

    static let script: String? = existing(
        ProcessInfo.processInfo.environment["GANTRY_SHARED"].map { $0 + "/conformance/conformance.py" })
    static let python: String? = existing("/usr/bin/python3")

    private static func existing(_ path: String?) -> String? {
        path.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }
}

extension Trait where Self == ConditionTrait {
    /// For scenarios that need the conformance corpus and python3, which runs it.
    fileprivate static var besideConformanceCorpus: Self {
        .enabled(
            "GANTRY_BINARY and GANTRY_SHARED do not name a gantry and a folder with conformance/conformance.py, or there is no python3"
        ) {
            TestBed.binary != nil && ConformanceCorpus.script != nil && ConformanceCorpus.python != nil
        }
    }
}
