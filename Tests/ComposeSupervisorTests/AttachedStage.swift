import ComposeExecutor
import ComposeLogs
import ComposePlanner
import EngineAPI
import EngineTesting
import Glibc
import Synchronization

@testable import ComposeSupervisor

/// A project `shop` on an engine, with its console in a file.
final class AttachedStage: Sendable {
    let engine = InMemoryEngine()
    let warnings = Log()
    let writer: TerminalWriter
    let sink: ConsoleSink
    private let file: Int32
    private let clock: any Clock<Duration>

    /// - Parameter output: where the console is instead of the file that ``shown`` reads; it stays open.
    init(clock: any Clock<Duration> = TestClock(advancingWhenSleeping: 1), output: Int32? = nil) {
        self.clock = clock
        engine.addImage("busybox")
        var name = Array("/tmp/gantry-console-XXXXXX".utf8CString)
        file = mkstemp(&name)
        unlink(name)
        writer = TerminalWriter(output: output ?? file, errors: file, policy: .wait)
        sink = ConsoleSink(LogFormat(), to: writer, separatesErrors: true)
    }

    deinit { close(file) }

    func attachedRun(_ options: AttachedRun.Options = AttachedRun.Options()) -> AttachedRun {
        AttachedRun(
            engine: engine, project: "shop", options: options, sink: sink,
            clock: clock, warn: { [warnings] in warnings.say($0) })
    }

    func run(
        _ options: AttachedRun.Options = AttachedRun.Options(),
        onAbort: @escaping @Sendable (ContainerExit) async -> Void = { _ in },
        _ apply: (any ApplyObserver) async throws -> Void
    ) async throws -> AttachedRun.End {
        try await attachedRun(options).run(onAbort: onAbort, apply).end
    }

    /// Makes and starts a service's container, as an executor does.
    func up(
        _ service: String, needs: [String] = [], _ observer: any ApplyObserver,
        _ configure: (inout ContainerSpec) -> Void = { _ in }
    ) async throws -> ContainerID {
        var spec = ContainerSpec(image: "busybox")
        spec.labels = [
            ComposeLabels.project: "shop", ComposeLabels.service: service, ComposeLabels.number: "1",
            ComposeLabels.oneOff: "False", ComposeLabels.configHash: "0",
            ComposeLabels.dependsOn: needs.map { "\($0):service_started:false" }.joined(separator: ","),
        ]
        configure(&spec)
        let name = "shop-\(service)-1"
        let id = try await engine.createContainer(spec, name: name)
        await observer.willStart(id, name: name, service: service)
        try await engine.startContainer(id)
        return id
    }

    /// Makes and starts the container of a `pre_start` hook of `web`, as an executor does.
    func runPreStart(_ observer: any ApplyObserver) async throws {
        var spec = ContainerSpec(image: "busybox")
        spec.labels = [
            ComposeLabels.project: "shop", ComposeLabels.service: "web", ComposeLabels.hook: "pre_start",
        ]
        let name = "shop-web-pre_start-1"
        let id = try await engine.createContainer(spec, name: name)
        await observer.willStartHook(id, name: name, service: "web")
        try await engine.startContainer(id)
    }

    /// The lines that the console shows so far.
    var shown: [String] {
        get async {
            try? await writer.flush()
            let length = Int(lseek(file, 0, SEEK_CUR))
            var bytes = [UInt8](repeating: 0, count: length)
            pread(file, &bytes, length, 0)
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// Returns when the console shows a line, so many times.
    func waitFor(_ line: String, times: Int = 1) async {
        while await shown.count(where: { $0 == line }) < times, !Task.isCancelled { await Task.yield() }
    }
}
