import ComposeExecutor
import EngineAPI

/// Passes everything on but how images are fetched.
struct WithoutPulls: ApplyObserver {
    let next: any ApplyObserver

    func report(_ event: ApplyEvent) {
        switch event {
        case .pulling, .pullProgress, .pulled: break
        default: next.report(event)
        }
    }

    func willStart(_ container: ContainerID, name: String, service: String) async {
        await next.willStart(container, name: name, service: service)
    }

    func willStartHook(_ container: ContainerID, name: String, service: String) async {
        await next.willStartHook(container, name: name, service: service)
    }

    func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {
        await next.hookWrote(lines, in: container, name: name, service: service)
    }

    func willRemove(_ container: ContainerID) async { await next.willRemove(container) }
}
