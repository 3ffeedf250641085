import ComposeExecutor
import EngineAPI
import Synchronization
import Testing

@testable import ComposeCommands
@testable import ComposePlanner

@Suite struct WithoutPullsTests {
    private final class Recorder: ApplyObserver {
        let told = Mutex<[String]>([])

        private func note(_ text: String) { told.withLock { $0.append(text) } }

        func report(_ event: ApplyEvent) {
            switch event {
            case .pulling, .pulled: note("pull")
            default: note("event")
            }
        }

        func willStart(_ container: ContainerID, name: String, service: String) async { note("start \(name)") }
        func willStartHook(_ container: ContainerID, name: String, service: String) async { note("hook \(name)") }
        func hookWrote(_ lines: [OutputFrame], in container: ContainerID, name: String, service: String) async {
            note("output of \(name)")
        }
    }

    @Test func everythingButPullsIsPassedOn() async {
        let recorder = Recorder()
        let observer = WithoutPulls(next: recorder)
        let pull = ImagePull(reference: "app", platform: nil, cause: "is not there", services: ["web"])
        observer.report(.pulling(pull))
        observer.report(.pulled(pull))
        observer.report(.committed)
        await observer.willStart("c", name: "web-1", service: "web")
        await observer.willStartHook("h", name: "web-pre_start-1", service: "web")
        await observer.hookWrote([], in: "c", name: "web-1", service: "web")
        #expect(
            recorder.told.withLock { $0 } == ["event", "start web-1", "hook web-pre_start-1", "output of web-1"])
    }
}
