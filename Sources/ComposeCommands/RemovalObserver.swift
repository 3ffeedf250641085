import ComposeExecutor
import EngineAPI

/// One who wants to know of removals alone, and passes everything on to the next.
protocol RemovalObserver: ApplyObserver {
    var next: any ApplyObserver { get }
}

extension RemovalObserver {
    func report(_ event: ApplyEvent) { next.report(event) }

    func willStart(_ container: ContainerID, name: String, service: String) async {
        await next.willStart(container, name: name, service: service)
    }

    func willStartHook(_ container: ContainerID, name: String, service: String) async {
        await next.willStartHook(container, name: name, service: service)
    }

    func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {
        await next.hookWrote(lines, in: container, name: name, service: service)
    }
}
