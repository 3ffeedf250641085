import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import EngineTesting
import Testing

/// The images of earlier releases on an engine in memory.
@Suite struct ReleaseImagesTests {
    /// Brings the project up as a release of its own, with the images that are kept besides.
    @discardableResult
    private static func up(_ stage: Stage, _ environment: String) async throws -> [Leftover] {
        let project = Project.shop(.app("web") { $0.environment["LOG"] = environment })
        let observed = try await Observer(engine: stage.engine).observe(project)
        let plan = try UpPlanner.plan(project, observed: observed)
        let release = Release(
            of: project, plan, observed: observed, options: UpOptions(), previous: nil, command: "up",
            time: "2026-01-31T10:00:00Z", salt: "0123456789abcdef")
        let named = try await stage.engine.images(matching: ObjectFilter(names: [ReleaseImages.repository]))
        let kept = plan.keepingImages(
            present: Set(release.images.values.map { ImageID($0) }), earlier: try await stage.executor().keptImages(),
            named: named)
        return try await stage.executor().apply(kept, command: "up", releasing: release)
    }

    private static func names(_ stage: Stage) async throws -> [String] {
        try await stage.engine.images(matching: ObjectFilter(names: [ReleaseImages.repository])).flatMap(\.tags)
    }

    private static func name(_ image: ImageID) -> String { "gantry-release:shop.\(short(image.rawValue))" }

    @Test func anImageKeepsANameAsLongAsAReleaseHasIt() async throws {
        let stage = try Stage()
        try await Self.up(stage, "0")
        let first = try await stage.engine.image("app").id
        #expect(try await Self.names(stage) == [])
        stage.engine.addImage("app")
        for number in 1..<Journal.keptReleases {
            #expect(try await Self.up(stage, String(number)) == [])
            #expect(try await Self.names(stage) == [Self.name(first)])
        }
        try await Self.up(stage, "more")
        #expect(try await Self.names(stage) == [])
        await #expect(throws: EngineError.self) { try await stage.engine.image(first.rawValue) }
    }

    @Test func anImageInUseStaysAndOneThatIsGoneIsNoFailure() async throws {
        let stage = try Stage()
        try await Self.up(stage, "0")
        let first = try await stage.engine.image("app").id
        // Another project's container uses it.
        _ = try await stage.engine.createContainer(ContainerSpec(image: first.rawValue), name: "guest")
        stage.engine.addImage("app")
        for number in 1...Journal.keptReleases { #expect(try await Self.up(stage, String(number)) == []) }
        #expect(try await Self.names(stage) == [Self.name(first)])

        let second = try await stage.engine.image("app").id
        stage.engine.addImage("app")
        let web = try await stage.container("shop-web-1").id
        try await stage.engine.removeContainer(web, force: true, anonymousVolumes: true)
        try await stage.engine.removeImage(second.rawValue, force: true)
        #expect(try await Self.up(stage, "more") == [])
    }

    /// It is past the commit, so the next command finishes it.
    @Test func aCrashBeforeTheNameIsMadeUpFor() async throws {
        let stage = try Stage()
        try await Self.up(stage, "0")
        let first = try await stage.engine.image("app").id
        stage.engine.addImage("app")
        stage.engine.setFaults(FaultSchedule(.crash, at: 1, of: .calls { $0.description.hasPrefix("tag ") }))
        _ = try? await Self.up(stage, "1")
        stage.engine.revive()
        #expect(try await stage.executor().recover().map(\.wasCommitted) == [true])
        #expect(try await Self.names(stage) == [Self.name(first)])
    }
}
