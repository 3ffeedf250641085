import EngineAPI
import EngineTesting
import FoundationEssentials
import Subprocess
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Whatever becomes of the state, what runs goes on; and what was left open is ended.
@Suite(.onEngine) struct StateScenarios {
    private static let compose = """
        services:
          db:
            image: busybox
            init: true
            command: sleep infinity
            environment: {RELEASE: "${RELEASE:-1}"}
          web:
            image: busybox
            init: true
            command: sh -c 'echo release ${RELEASE:-1} is here; sleep infinity'
            environment: {RELEASE: "${RELEASE:-1}"}
            healthcheck: {test: "test -e /tmp/ready || test ${READY:-1} = 1", interval: 600s}
            depends_on: [db]
        """

    /// The scenario as it is for a later release.
    private static func later(_ scenario: Scenario, isReady: Bool = true) -> Scenario {
        var changed = scenario
        changed.environment["RELEASE"] = "2"
        changed.environment["READY"] = isReady ? "1" : "0"
        return changed
    }

    /// Brings release 1 up, runs `body` while the command for release 2 waits for a `web` that is ready only when
    /// somebody makes it so, and returns what became of that.
    private static func whileReleasing(
        _ scenario: Scenario, _ arguments: [String] = [],
        _ body: @escaping @Sendable (Scenario, RunningCommand) async throws -> Void
    ) async throws -> Outcome {
        try await scenario.gantry("up", "-d", "--wait")
        let old = try await scenario.containers().map(\.id)
        let changed = later(scenario, isReady: false)
        return try await changed.command(["up", "-d", "--wait"] + arguments).withProcess { running in
            try await scenario.wait(for: "the start of the new web") {
                try await scenario.containers(of: "web").contains { $0.state.isRunning && !old.contains($0.id) }
            }
            try await body(changed, running)
        }
    }

    private static func loseState(_ scenario: Scenario) throws {
        try FileManager.default.removeItem(atPath: scenario.stateFolder)
    }

    // MARK: Conditions of the file

    enum Condition: String, CaseIterable, Sendable {
        case lost, garbage, emptied, newer, folder, link

        func bring(_ path: String) throws {
            switch self {
            case .lost: try FileManager.default.removeItem(atPath: path)
            case .garbage:
                try Data((0..<9000).map { UInt8(truncatingIfNeeded: $0 &* 7) }).write(to: URL(filePath: path))
            case .emptied: try Data().write(to: URL(filePath: path))
            case .newer:
                // A form that this version does not know, by the name of its last step.
                let bytes = Array(try Data(contentsOf: URL(filePath: path)))
                let (known, unknown) = (Array("reports".utf8), Array("reportz".utf8))
                #expect(bytes.indices.contains { bytes[$0...].starts(with: known) })
                var changed = bytes
                for index in bytes.indices where bytes[index...].starts(with: known) {
                    changed.replaceSubrange(index..<index + known.count, with: unknown)
                }
                try Data(changed).write(to: URL(filePath: path))
            case .folder:
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .link:
                try FileManager.default.moveItem(atPath: path, toPath: path + ".real")
                try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
            }
        }

        /// What a person reads where the command is refused; nil where it goes on.
        var refusal: String? {
            switch self {
            case .lost, .garbage, .emptied: nil
            case .newer: "was written by gantry 0."
            case .folder: "that is something else"
            case .link: "is a symbolic link"
            }
        }

        /// What a person reads where it goes on.
        var notice: String? {
            switch self {
            case .lost: "is gone, and a new one was begun"
            case .garbage: "state.db.corrupt-1"
            default: nil
            }
        }
    }

    @Test(arguments: Condition.allCases)
    func aStateInAnyConditionMustLeaveTheStackAlone(condition: Condition) async throws {
        try await Scenario.with(StateScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d")
            let (before, runs) = (try await scenario.state(), try await scenario.runs())
            let path = scenario.stateFolder + "/state.db"
            try condition.bring(path)
            if let refusal = condition.refusal {
                let changed = StateScenarios.later(scenario)
                for arguments in [["up", "-d"], ["stop"], ["down"], ["recover"]] {
                    try await changed.command(arguments).run().exits(1)
                        .says(path, refusal, "Nothing was changed, and what runs goes on", "GANTRY_STATE_DIR")
                }
            } else {
                let next = try await scenario.gantry("up", "-d")
                if let notice = condition.notice { next.says(path, notice, "`gantry recover`") }
                try await scenario.gantry("recover").says("nothing to recover")
            }
            // What only looks needs no state.
            for command in ["ps", "logs", "plan", "config"] { try await scenario.gantry(command) }
            try await scenario.expectState(before)
            #expect(try await scenario.runs() == runs)
            try StateScenarios.loseState(scenario)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a disk"))
    func aReadOnlyStateMustRefuseBeforeTheFirstChange() async throws {
        try await Scenario.with(StateScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d")
            let (before, runs) = (try await scenario.state(), try await scenario.runs())
            let folder = scenario.stateFolder
            let refused = try await withMount(on: folder, "--bind", folder) { () -> [Outcome] in
                try await runTool("mount", "-o", "remount,bind,ro", folder)
                let changed = StateScenarios.later(scenario)
                try await scenario.gantry("ps")
                return [try await changed.command(["up", "-d"]).run(), try await changed.command(["down"]).run()]
            }
            for outcome in refused { outcome.exits(1).says("is read-only", "Nothing was changed") }
            try await scenario.expectState(before)
            #expect(try await scenario.runs() == runs)
        }
    }

    /// From a disk that takes nothing to one that takes all but the last records.
    @Test(
        .enabled(if: geteuid() == 0, "only root can mount a disk"),
        arguments: [16, 96, 128, 144, 160, 176, 192, 224, 256])
    func aFullDiskMustLeaveTheProjectAsItWasOrAsItIsToBe(kilobytes: Int) async throws {
        try await Scenario.with(StateScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d")
            let before = try await scenario.state()
            let folder = scenario.stateFolder
            try await withMount(on: folder, "-t", "tmpfs", "-o", "mode=700,size=\(kilobytes)k", "tmpfs") {
                let changed = StateScenarios.later(scenario)
                let first = try await changed.command(["up", "-d", "--wait"]).run()
                if first.code == 1 {
                    first.says("its disk has no space left")
                    try await scenario.expectState(before, "\(first)")
                }
                try await runTool("mount", "-o", "remount,size=8m", folder)
                let next = try await scenario.gantry("up", "-d", "--no-recreate")
                if first.code == 1 {
                    try await scenario.expectState(before, "\(first)\n\(next)")
                } else {
                    try await changed.gantry("plan")
                }
                #expect(try await scenario.running() == ["db", "web"], "\(first)\n\(next)")
            }
        }
    }

    @Test func aStateThatIsRemovedMeanwhileMustNotDisturbTheCommand() async throws {
        try await Scenario.with(StateScenarios.compose) { scenario in
            let released = try await StateScenarios.whileReleasing(scenario) { changed, _ in
                try StateScenarios.loseState(changed)
                try await StateScenarios.makeReady(changed)
            }
            released.exits(0)
            let changed = StateScenarios.later(scenario, isReady: false)
            try await changed.gantry("recover").says("nothing to recover")
            try await changed.gantry("plan")
        }
    }

    /// Lets the new `web` become healthy.
    private static func makeReady(_ scenario: Scenario) async throws {
        for container in try await scenario.containers(of: "web") where container.state.isRunning {
            let touch = try await scenario.engine.createExec(
                ExecSpec(command: ["touch", "/tmp/ready"]), in: container.id)
            try await scenario.engine.withExec(touch, terminal: false) { connection in
                for try await _ in connection.output {}
            }
        }
    }

    // MARK: Recovery

    @Test(arguments: [false, true])
    func recoverMustBringBackWhatAKilledUpHadReplaced(isStateLost: Bool) async throws {
        try await Scenario.with(StateScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let before = try await scenario.state()
            let killed = try await StateScenarios.whileReleasing(scenario) { _, running in try running.signal(.kill) }
            let between = try await scenario.state()
            #expect(between != before, "\(killed)")
            if isStateLost { try StateScenarios.loseState(scenario) }

            let shown = try await scenario.gantry("recover", "--dry-run")
            #expect(shown.output.contains(isStateLost ? "start container \(scenario.name("web"))" : "taken back"))
            try await scenario.expectState(between, "a dry run changed something:\n\(shown)")

            let recovered = try await scenario.gantry("recover")
            try await scenario.expectState(before, "\(killed)\n\(recovered)")
            #expect(try await scenario.running() == ["db", "web"], "\(recovered)")
            try await scenario.gantry("recover").says("nothing to recover")
            try await scenario.gantry("plan")
        }
    }

    @Test func recoverAllMustFindTheProjectsThatWereLeftOpen() async throws {
        try await Scenario.with(StateScenarios.compose) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let before = try await scenario.state()
            _ = try await StateScenarios.whileReleasing(scenario) { _, running in try running.signal(.kill) }
            var elsewhere = try scenario.command(["recover", "--all"])
            elsewhere.folder = "/"
            elsewhere.environment["COMPOSE_PROJECT_NAME"] = nil
            try await elsewhere.run().exits(0).says("An interrupted `gantry up` was taken back")
            try await scenario.expectState(before)
        }
    }

    // MARK: Reports

    @Test func aFailureMustBeThereToReadLater() async throws {
        let compose = """
            services:
              job:
                image: busybox
                command: sh -c 'printf "row 12 \\033[31mis bad\\n"; exit 3'
              web:
                image: busybox
                command: sleep infinity
                depends_on:
                  job: {condition: service_completed_successfully}
            """
        try await Scenario.with(compose) { scenario in
            try await scenario.gantry("report", exits: 1).says("no report")
            try await scenario.gantry("up", "-d", exits: 1)
            let text = try await scenario.gantry("report").output
            for part in [
                "`gantry up` failed", scenario.name("job"), "exited with code 3", "row 12 \u{FFFD}[31mis bad",
                "create container \(scenario.name("web"))", "as before",
            ] {
                #expect(text.contains(part), "\"\(part)\" is missing in\n\(text)")
            }
            let list = try await scenario.gantry("report", "--list").lines
            try #require(list.count == 2, "\(list)")
            let id = try #require(list[1].split(separator: " ").first.map(String.init))
            #expect(try await scenario.gantry("report", id).output == text)
            let json = try await scenario.gantry("report", "--format", "json", id).output
            let report = try JSONDecoder().decode(Report.self, from: Data(json.utf8))
            #expect(report == Report(version: 1, id: id, command: "up", container: .init(exitCode: 3)))
        }
    }

    private struct Report: Decodable, Equatable {
        struct Container: Decodable, Equatable { let exitCode: Int }
        let version: Int
        let id: String
        let command: String
        let container: Container
    }

    // MARK: Locks

    @Test func commandsThatWillNotWaitMustNameWhoChangesTheProjectAndReadersMustNotWait() async throws {
        try await Scenario.with(StateScenarios.compose) { scenario in
            let released = try await StateScenarios.whileReleasing(scenario) { changed, up in
                try await changed.gantry("up", "-d", "--lock-wait", "0", exits: 1)
                    .says("is being changed by gantry up (process \(up.pid)", "Nothing was changed")
                try await changed.gantry("down", "--lock-wait", "1", exits: 1).says("has not ended within 1 s")
                try await changed.gantry("ps")
                try await changed.gantry("logs")
                try await changed.gantry("report", "--list")
                try await changed.gantry("config")
                let planned = try await changed.command(["plan"]).run()
                #expect(planned.code == 0 || planned.code == 2, "\(planned)")
                #expect(!planned.error.contains("Waiting for project"), "\(planned)")
                // One that waits comes after the first, and finds its work done.
                let second = try await changed.whileRunning("up", "-d", "--wait") { second in
                    try await second.waitForError("Waiting for project \(changed.project)")
                    try await StateScenarios.makeReady(changed)
                }
                second.exits(0)
                #expect(!second.error.contains("Creating"), "\(second)")
            }
            released.exits(0)
        }
    }
}

/// Runs `body` with something mounted on `folder`.
private func withMount<Result: Sendable>(
    on folder: String, _ arguments: String..., body: () async throws -> Result
) async throws -> Result {
    try await runTool("mount", arguments + [folder])
    // A command that was cut off may be using it still; and a cancelled task could not unmount.
    let unmount = { @Sendable in try await Task { try await runTool("umount", "--lazy", folder) }.value }
    do {
        let result = try await body()
        try await unmount()
        return result
    } catch {
        try await unmount()
        throw error
    }
}

private func runTool(_ name: String, _ arguments: String...) async throws { try await runTool(name, arguments) }

private func runTool(_ name: String, _ arguments: [String]) async throws {
    let result = try await run(
        .name(name), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 4096))
    guard result.terminationStatus.isSuccess else { throw ToolFailure(reason: "\(name): \(result.standardError)") }
}

private struct ToolFailure: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
