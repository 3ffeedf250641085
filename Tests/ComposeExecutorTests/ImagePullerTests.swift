import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

@Suite struct ImagePullerTests {
    @Test func fetchesWhatIsMissing() async throws {
        let stage = try Stage(images: [])
        for name in ["a", "b", "c"] { stage.engine.addImage(name, ImageBehavior(), .pullable) }
        let project = Project.shop(.app("x", image: "a"), .app("y", image: "b"), .app("z", image: "c"))
        let recorder = EventRecorder()
        let pulls = try await stage.plan(project).pulls
        try await ImagePuller(engine: stage.engine, observer: recorder, parallel: 2).pull(pulls)
        #expect(recorder.events.sorted() == ["a", "b", "c"].flatMap { ["pulled \($0)", "pulling \($0)"] }.sorted())
        #expect(try await stage.plan(project).pulls == [])
    }

    @Test func aMissingImageIsToldWithWhoNeedsIt() async throws {
        let stage = try Stage(images: [])
        let pulls = try await stage.plan(.shop(.app("web", image: "nowhere"), .app("api", image: "nowhere"))).pulls
        let failure = await #expect(throws: ApplyFailure.self) {
            try await ImagePuller(engine: stage.engine, observer: SilentObserver(), parallel: 2).pull(pulls)
        }
        #expect(
            failure?.reason.hasPrefix("Could not pull image nowhere, which api, web needs: pull access denied") == true)
        #expect(failure?.leftovers == [])
    }

    @Test func givingUpIsToldAsSuch() async throws {
        let stage = try Stage(images: [])
        stage.engine.addImage("a", ImageBehavior(), .pullable)
        let pulls = try await stage.plan(.shop(.app("web", image: "a"))).pulls
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await ImagePuller(engine: stage.engine, observer: SilentObserver(), parallel: 2).pull(pulls)
        }
        let failure = await #expect(throws: ApplyFailure.self) { try await task.value }
        #expect(failure?.isCancelled == true)
        #expect(failure?.undone == 0)
        #expect(try await stage.plan(.shop(.app("web", image: "a"))).pulls.count == 1)
    }

    @Test func aCancellationThatNobodyAskedForIsAFailure() async throws {
        let stage = try Stage(images: [])
        stage.engine.addImage("a", ImageBehavior(), .pullable)
        let pulls = try await stage.plan(.shop(.app("web", image: "a"))).pulls
        stage.engine.setFaults(FaultSchedule(.cancellation, at: 1, of: .any))
        let failure = await #expect(throws: ApplyFailure.self) {
            try await ImagePuller(engine: stage.engine, observer: SilentObserver(), parallel: 2).pull(pulls)
        }
        #expect(failure?.isCancelled == false)
        #expect(failure?.reason.contains("the call was given up") == true)
    }
}
