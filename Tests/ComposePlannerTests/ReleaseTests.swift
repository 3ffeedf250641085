import ComposeModel
import ComposePlanner
import EngineAPI
import FoundationEssentials
import Testing

@Suite struct ReleaseTests {
    private static let salt = "0123456789abcdef"
    private static let secret = "hunter2-CORRECT-horse"

    private func release(
        of stage: Planned, after previous: (Release, Project)? = nil
    ) throws -> Release {
        Release(
            of: stage.project, try stage.plan(), observed: stage.observed, options: stage.options, previous: previous,
            command: "up", time: "2026-01-31T10:00:00Z", salt: ReleaseTests.salt)
    }

    @Test func noSecretIsInARelease() throws {
        let secret = ReleaseTests.secret
        let stage = Planned(
            .app("web") {
                $0.environment = ["DB_PASSWORD": secret, "URL": "amqp://guest:\(secret)@mq/", "LOG": "info"]
                $0.command = ["serve", "--token=\(secret)"]
                $0.labels = ["api_key": secret]
                $0.runs(.postStart, "login", also: [.init("environment", .strings(["CLIENT_SECRET": secret]))])
                $0.secrets = [FileMount(source: "key")]
                $0.configs = [FileMount(source: "conf")]
            },
            also: {
                $0.secrets["key"] = FileResource(
                    key: "key", name: "key", source: .environment(name: "KEY", value: secret))
                $0.configs["conf"] = FileResource(key: "conf", name: "conf", source: .content(secret))
                $0.extensions["x-note"] = .string(secret)
            })
        let kept = try release(of: stage)
        let text = String(decoding: try JSONEncoder().encode(kept), as: UTF8.self)
        #expect(!text.contains(secret))
        #expect(kept.model.contains(#""LOG":"info""#))
        #expect(Seal.matches(try #require(kept.contents["secret key"]), secret))
        #expect(!Seal.matches(try #require(kept.contents["secret key"]), "another"))
    }

    @Test func aReleaseKnowsItsImagesAndWhatItMade() throws {
        let stage = Planned(.app("db"), .app("web") { $0.needs("db") })
        let first = try release(of: stage)
        #expect(first.covered == ["db", "web"] && first.changed == ["db", "web"])
        #expect(first.images == ["db": "sha256:aaaaaaaaaaaaaaaa", "web": "sha256:aaaaaaaaaaaaaaaa"])
        var up = try stage.up()
        up.change("web") { $0.environment = ["LOG": "debug"] }
        #expect(try release(of: up).changed == ["web"])
    }

    @Test func whatACommandLeavesOutHoldsOn() throws {
        let before = Planned(.app("db") { $0.environment = ["A": "1"] }, .app("web"), .app("gone"))
        let previous = try release(of: before).with([
            .init(service: "db", number: 1, name: "shop-db-1", id: "d"),
            .init(service: "gone", number: 1, name: "shop-gone-1", id: "g"),
            .init(service: "web", number: 1, name: "shop-web-1", id: "w"),
        ])
        var stage = Planned(.app("web") { $0.environment = ["B": "2"] })
        stage.project.disabledServices = ["db"]
        stage.options.services = ["web"]
        let next = try release(of: stage, after: (previous, before.project))
        #expect(next.covered == ["web"])
        #expect(next.model.contains(#""A":"1""#) && next.model.contains(#""B":"2""#) && !next.model.contains("gone"))
        #expect(Set(next.images.keys) == ["db", "web"])
        #expect(next.containers.map(\.id) == ["d"])
        #expect(
            next.with([.init(service: "web", number: 1, name: "shop-web-1", id: "w2")]).containers.map(\.id) == [
                "d", "w2",
            ])
    }

    @Test func replicasOnTheCommandLineArePartOfIt() throws {
        var stage = Planned(.app("web"))
        stage.options.scale = ["web": 3]
        #expect(try release(of: stage).model.contains(#""scale":3"#))
    }

    // MARK: Drift

    /// A project that is up, with the release that brought it up.
    private func running() throws -> (stage: Planned, release: Release) {
        let stage = Planned(
            .app("job"),
            .app("web") {
                $0.needs("job", .completed)
                $0.volumes = [Mount(.bind, source: "/shop/conf", target: "/conf")]
            }
        ) { $0.volumes["data"] = Volume(key: "data", name: "shop_data") }
        var before = stage
        before.observed.hostFiles["/shop/conf"] = .content([1])
        var up = try before.up()
        try up.stop("shop-job-1")
        let members = up.observed.containers.map {
            Release.Container(service: $0.service, number: $0.number, name: $0.name, id: $0.id.rawValue)
        }
        return (up, try release(of: up).with(members))
    }

    private func drift(_ change: (inout Planned) throws -> Void) throws -> [String] {
        var (stage, release) = try running()
        let project = stage.project
        try change(&stage)
        return Drift.find(in: release, project, stage.observed).map { "\($0.kind.rawValue): \($0.object) \($0.text)" }
    }

    @Test func whatIsAsItWasIsNoDrift() throws { #expect(try drift { _ in } == []) }

    @Test func everyDifferenceIsDrift() throws {
        #expect(
            try drift { $0.observed.containers.removeAll { $0.service == "web" } } == [
                "container_removed: container shop-web-1 was removed"
            ])
        #expect(
            try drift { try $0.stop("shop-web-1", code: 137) } == [
                "container_stopped: container shop-web-1 has ended (Exited (137) 1 second ago)"
            ])
        #expect(try drift { try $0.stop("shop-job-1", code: 3) }.count == 1)
        #expect(
            try drift {
                try $0.change(container: "shop-web-1") {
                    $0.id = "other"
                    $0.labels["io.gantry.fields"] = nil
                }
            } == ["container_replaced: container shop-web-1 was replaced by another tool"])
        #expect(
            try drift { $0.observed.networks = [] }.prefix(1) == ["network_removed: network shop_default was removed"])
        #expect(
            try drift { $0.observed.hostFiles["/shop/conf"] = .content([2]) } == [
                "file_changed: container shop-web-1 was made with another content of file ./conf"
            ])
        #expect(
            try drift { $0.observed.images["app"] = ImageDetails(id: "sha256:bbbbbbbbbbbbbbbb") }.first
                == "image_moved: image app is another one now (aaaaaaaaaaaa -> bbbbbbbbbbbb); the next `up` would take it"
        )
    }

    @Test(arguments: [
        ("on-failure", 3, nil), ("on-failure", 4, "on-failure:4"), ("no", 0, "no"), ("", 0, "no"),
        ("unless-stopped", 0, "unless-stopped"),
    ])
    func anotherRestartPolicyIsDrift(_ name: String, _ retries: Int, _ found: String?) throws {
        var stage: Planned
        let release: Release
        (stage, release) = try running()
        stage.project.services["web"]?.restart = RestartPolicy(.onFailure, maximumRetries: 3)
        let web = try #require(stage.observed.containers.first { $0.service == "web" })
        stage.observed.restartPolicies[web.id] = RestartPolicySpec(name: name, maximumRetries: retries)
        let texts = Drift.find(in: release, stage.project, stage.observed).filter { $0.kind == .restartPolicyChanged }
            .map(\.text)
        #expect(texts == (found.map { ["has the restart policy \($0) in place of on-failure:3"] } ?? []))
    }

    @Test func whatGantryItselfStoppedIsNoDrift() throws {
        var (stage, release) = try running()
        for index in release.containers.indices { release.containers[index].isWanted = false }
        stage.observed.containers = []
        stage.observed.networks = []
        #expect(Drift.find(in: release, stage.project, stage.observed) == [])
    }

    /// A supervisor makes again what is gone.
    @Test func whatGantryItselfMadeSinceIsNoDrift() throws {
        #expect(
            try drift {
                try $0.change(container: "shop-web-1") {
                    $0.id = "other"
                    $0.labels[ComposeLabels.transaction] = "t"
                }
            } == [])
    }
}
