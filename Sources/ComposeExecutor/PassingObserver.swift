package import EngineAPI

/// One who passes on to the next whatever it does not take part in itself.
package protocol PassingObserver: ApplyObserver {
    var next: any ApplyObserver { get }
}

extension PassingObserver {
    package func report(_ event: ApplyEvent) { next.report(event) }

    package func willStart(_ container: ContainerID, name: String, service: String) async {
        await next.willStart(container, name: name, service: service)
    }

    package func willStartHook(_ container: ContainerID, name: String, service: String) async {
        await next.willStartHook(container, name: name, service: service)
    }

    package func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {
        await next.hookWrote(lines, in: container, name: name, service: service)
    }

    package func willRemove(_ container: ContainerID) async { await next.willRemove(container) }
}
