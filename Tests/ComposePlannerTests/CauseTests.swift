import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// Causes say what an attribute was, where the last release tells, and never a secret.
@Suite struct CauseTests {
    /// The cause of the replacement that a change makes, planned with the release before it at hand.
    private func plan(
        _ before: (inout Service) -> Void, _ after: (inout Service) -> Void
    ) throws -> (cause: String, changes: [FieldChange]) {
        var stage = try Planned(.app("web", before)).up()
        stage.options.lastApplied = stage.project
        stage.change("web", after)
        let plan = try stage.plan()
        let creation = try #require(plan.prepare.first)
        return (creation.cause, plan.changes[creation.id] ?? [])
    }

    private static let long = String(repeating: "a", count: 58)

    private static let rows: [(String?, String?, String)] = [
        ("info", "debug", "environment.LOG: \"info\" -> \"debug\""),
        (nil, "debug", "environment.LOG added"),
        ("info", nil, "environment.LOG removed (was \"info\")"),
        ("postgres://u:p@db/x", "off", "environment.LOG: (hidden) -> \"off\""),
        (long + "bbb", "c", "environment.LOG: \"\(long)… -> \"c\""),
    ]

    @Test(arguments: rows)
    func aVariableIsToldWithBothValues(old: String?, new: String?, cause: String) throws {
        let found = try plan {
            $0.environment = old.map { ["LOG": $0] } ?? [:]
        } _: {
            $0.environment = new.map { ["LOG": $0] } ?? [:]
        }
        #expect(found.cause == cause)
    }

    @Test(arguments: ["DB_PASSWORD", "api-token", "Client.Secret", "AWS_CREDENTIALS", "API_KEY", "PRIVATE_KEY"])
    func aSecretIsHiddenWithBothValues(name: String) throws {
        let found = try plan {
            $0.environment = [name: "hunter2"]
        } _: {
            $0.environment = [name: "hunter3"]
        }
        #expect(found.cause == "environment.\(name): (hidden) -> (hidden)")
        #expect(found.changes.map(\.old) == [.string("(hidden)")])
        #expect(found.changes.map(\.new) == [.string("(hidden)")])
    }

    @Test func aCommandIsToldAsAWholeWithoutTheSecretInIt() throws {
        let found = try plan {
            $0.command = ["serve", "-v"]
        } _: {
            $0.command = ["serve", "--password=x"]
        }
        #expect(found.cause == #"command: ["serve","-v"] -> ["serve","(hidden)"]"#)
    }

    @Test func aListTellsWhatCameAndWent() throws {
        let found = try plan {
            $0.nameServers = ["1.1.1.1", "8.8.8.8"]
        } _: {
            $0.nameServers = ["8.8.8.8", "9.9.9.9"]
        }
        #expect(found.cause == #"dns: removed "1.1.1.1", added "9.9.9.9""#)
        #expect(found.changes.map(\.old) == [.strings(["1.1.1.1", "8.8.8.8"])])
    }

    @Test func aValueWithPartsTellsThePartThatDiffers() throws {
        let found = try plan {
            $0.networks = ["default": nil]
            $0.ports = [Port(target: 80, published: "8080"), Port(target: 53, published: "53", transport: "udp")]
            $0.volumes = [Mount(.volume, source: "data", target: "/data")]
        } _: {
            var known = NetworkMembership()
            known.aliases = ["store"]
            $0.networks = ["default": known]
            $0.ports = [Port(target: 80, published: "8081", hostAddress: "127.0.0.1")]
            $0.volumes = [Mount(.bind, source: "/srv/data", target: "/data")]
            $0.volumes[0].readOnly = true
        }
        #expect(
            found.cause == """
                networks.default: null -> {"aliases":["store"]}, \
                ports: removed "8080:80", removed "53:53/udp", added "127.0.0.1:8081:80", \
                volumes: removed "data:/data", added "/srv/data:/data:ro"
                """)
    }

    /// Another tool, or `--no-recreate`, may have left a container that the release does not describe.
    @Test func aValueThatTheContainerWasNotMadeWithIsNotTold() throws {
        var stage = try Planned(.app("web") { $0.environment = ["LOG": "info"] }).up()
        stage.options.lastApplied = stage.project
        stage.options.lastApplied?.services["web"]?.environment = ["LOG": "warning"]
        stage.change("web") { $0.environment = ["LOG": "debug"] }
        #expect(try stage.text().contains("environment.LOG changed"))
    }

    // MARK: Files

    private func mounting(_ content: HostFile) throws -> Planned {
        var stage = Planned(
            .app("web") {
                $0.volumes = [Mount(.bind, source: "/shop/nginx.conf", target: "/etc/nginx.conf")]
            }, .app("other"))
        #expect(stage.project.hostFilesToRead == ["/shop/nginx.conf"])
        stage.observed.hostFiles["/shop/nginx.conf"] = content
        return try stage.up()
    }

    @Test func aChangedMountedFileReplacesTheServiceThatHasIt() throws {
        var stage = try mounting(.content([1]))
        #expect(try stage.plan().isEmpty)
        stage.observed.hostFiles["/shop/nginx.conf"] = .content([2])
        let plan = try stage.plan()
        #expect(Set(plan.prepare.map(\.cause)).contains("file ./nginx.conf changed"))
        #expect(Set(plan.prepare.compactMap(\.service)) == ["web"])
    }

    @Test func aFileThatNoLabelKnowsReplacesNothing() throws {
        var stage = try mounting(.unusable("is a directory"))
        stage.observed.hostFiles["/shop/nginx.conf"] = .content([2])
        #expect(try stage.plan().isEmpty)
        stage = try mounting(.content([1]))
        stage.observed.hostFiles["/shop/nginx.conf"] = .unusable("does not exist")
        #expect(try stage.plan().isEmpty)
    }

    @Test func aServiceThatWritesItsOwnFileIsLeftAloneWhereItSaysSo() throws {
        var stage = try mounting(.content([1]))
        stage.change("web") {
            $0.extensions["x-gantry"] = .object([.init("on_file_change", .string("ignore"))])
            $0.configs = [FileMount(source: "conf")]
        }
        stage.project.configs["conf"] = FileResource(key: "conf", name: "conf", source: .file("/shop/conf"))
        stage.observed.hostFiles["/shop/conf"] = .content([1])
        stage = try stage.recreated()
        stage.observed.hostFiles["/shop/nginx.conf"] = .content([2])
        #expect(try stage.plan().isEmpty)
        // What it only reads counts all the same.
        stage.observed.hostFiles["/shop/conf"] = .content([2])
        #expect(Set(try stage.plan().prepare.map(\.cause)).contains("file ./conf changed"))
    }

    /// A label that an older or newer version wrote in its own way, or nobody wrote, is no reason to replace anything.
    @Test(
        arguments: [ComposeLabels.fields, ComposeLabels.files, ComposeLabels.hooks, ComposeLabels.image],
        [nil, "", "?", "a", "a=b", "/etc/nginx.conf=0123456789abcdef", "v2:{\"image\":\"x\"}", "[]", "image=01234567,"])
    func aNewVersionReplacesNothingByItself(label: String, text: String?) throws {
        var stage = try mounting(.content([1]))
        stage.change("web") { $0.runs(.postStart, "warm") }
        stage = try stage.recreated()
        try stage.change(container: "shop-web-1") { $0.labels[label] = text }
        #expect(try stage.plan().isEmpty)
    }

    // MARK: Images

    @Test func aGivenImageIsRunByItsIdentifierWhereItsNameHasAnother() throws {
        var stage = Planned(.app("web"))
        stage.observed.images["sha256:old"] = ImageDetails(id: "sha256:old")
        stage.options.images = ["web": "sha256:old"]
        let plan = try stage.plan()
        let specs = plan.specs.values.compactMap { if case .container(let spec) = $0 { spec } else { nil } }
        #expect(specs.map(\.image) == ["sha256:old"])
        #expect(specs.map { $0.labels[ComposeLabels.image] } == ["sha256:old"])
        #expect(
            specs.map { $0.labels[ComposeLabels.configHash] } == [
                ConfigHash.service(try #require(stage.project.services["web"]))
            ])
        stage.options.images = ["web": "sha256:aaaaaaaaaaaaaaaa"]
        let named = try stage.plan().specs.values.compactMap {
            if case .container(let spec) = $0 { spec.image } else { nil }
        }
        #expect(named == ["app"])
    }

    @Test func aGivenImageThatIsGoneIsRefused() {
        var stage = Planned(.app("web"))
        stage.options.images = ["web": "sha256:0123456789abcdef"]
        #expect(stage.problems().count == 1)
        #expect(stage.problems().first?.contains("image app as it was then (0123456789ab)") == true)
    }
}
