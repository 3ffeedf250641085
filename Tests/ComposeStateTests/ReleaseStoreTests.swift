import ComposeModel
import ComposePlanner
import ComposeState
import EngineAPI
import FoundationEssentials
import Testing

@Suite struct ReleaseStoreTests {
    private static let scope = JournalScope(engine: "memory", project: "shop")

    private static func release(_ text: String = "info") -> Release {
        var project = Project(name: "shop", workingDirectory: "/shop", configFiles: ["/shop/compose.yaml"])
        var service = Service(name: "web")
        service.environment = ["DB_PASSWORD": text, "LOG": "debug"]
        project.services["web"] = service
        return Release(
            of: project, Plan(project: "shop"), observed: ObservedState(), options: UpOptions(), previous: nil,
            command: "up", time: "2026-01-31T10:00:00Z", salt: "0123456789abcdef")
    }

    @Test func aReleaseIsThereExactlyWhenItsTransactionIsCommitted() async throws {
        let journal = Journal(try StateStore())
        let id = try await journal.begin(Plan(project: "shop"), in: Self.scope, command: "up")
        #expect(try await journal.lastRelease(in: Self.scope) == nil)
        try await journal.commit(id, releasing: Self.release(), in: Self.scope)
        #expect(try await journal.transaction(id)?.isCommitted == true)
        var expected = Self.release()
        expected.number = 1
        #expect(try await journal.lastRelease(in: Self.scope) == expected)
        try await journal.end(id)
        #expect(try await journal.releases(in: Self.scope) == [expected])
    }

    /// The commit and its release are one write: where the one fails, the other is not there.
    @Test func aCommitThatCannotBeWrittenLeavesNoRelease() async throws {
        let store = try StateStore(pageLimit: 24, pageSize: 512)
        let journal = Journal(store)
        let id = try await journal.begin(Plan(project: "shop"), in: Self.scope, command: "up")
        var large = Self.release()
        large.containers = (0..<2000).map { .init(service: "web", number: $0, name: "shop-web-\($0)", id: "x") }
        let release = large
        await #expect(throws: StateError.self) {
            try await journal.commit(id, releasing: release, in: Self.scope)
        }
        #expect(try await journal.transaction(id)?.isCommitted == false)
        #expect(try await journal.lastRelease(in: Self.scope) == nil)
    }

    @Test func theLatestOfEachProjectAreKeptAndNumbersGoOn() async throws {
        let journal = Journal(try StateStore())
        for _ in 1...Journal.keptReleases + 3 {
            let id = try await journal.begin(Plan(project: "shop"), in: Self.scope, command: "up")
            try await journal.commit(id, releasing: Self.release(), in: Self.scope)
            try await journal.end(id)
        }
        #expect(try await journal.releases(in: Self.scope).map(\.number) == (4...13).reversed())
        #expect(try await journal.releases(in: JournalScope(engine: "memory", project: "other")) == [])
    }

    @Test func theImagesKeptAreThoseOfTheReleasesBesideTheNext() async throws {
        let journal = Journal(try StateStore())
        #expect(try await journal.keptImages(in: Self.scope) == [])
        for number in 1...Journal.keptReleases {
            var project = Project(name: "shop", workingDirectory: "/shop", configFiles: [])
            project.services["web"] = Service(name: "web")
            let observed = ObservedState(images: ["shop-web": ImageDetails(id: ImageID("sha256:\(number)"))])
            let release = Release(
                of: project, try UpPlanner.plan(project, observed: observed), observed: observed, options: UpOptions(),
                previous: nil, command: "up", time: "2026-01-31T10:00:00Z", salt: "0123456789abcdef")
            let id = try await journal.begin(Plan(project: "shop"), in: Self.scope, command: "up")
            try await journal.commit(id, releasing: release, in: Self.scope)
            try await journal.end(id)
        }
        #expect(
            try await journal.keptImages(in: Self.scope) == Set((2...Journal.keptReleases).map { "sha256:\($0)" }))
    }

    @Test func noSecretIsInTheFile() async throws {
        let secret = "hunter2-CORRECT-horse"
        let folder = try TemporaryFolder()
        do {
            let journal = Journal(try StateStore(path: folder.path("state")))
            let id = try await journal.begin(Plan(project: "shop"), in: Self.scope, command: "up")
            try await journal.commit(id, releasing: Self.release(secret), in: Self.scope)
        }
        var bytes: [UInt8] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("")) {
            bytes += [UInt8](try Data(contentsOf: URL(filePath: folder.path(name))))
        }
        #expect(bytes.contains(Array("DB_PASSWORD".utf8)))
        #expect(!bytes.contains(Array(secret.utf8)))
    }
}
