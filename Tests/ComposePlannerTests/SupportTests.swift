import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// What cannot be carried out is refused where the service would be another one without it, and announced where not.
@Suite struct SupportTests {
    private func said(
        in version: APIVersion? = nil, on system: String = "linux", also: (inout Project) -> Void = { _ in },
        _ configure: (inout Service) -> Void
    ) -> (problems: [String], notices: [String]) {
        var stage = Planned(.app("web", configure), also: also)
        stage.observed.engine = version.map {
            EnginePing(apiVersion: $0, newestAPIVersion: $0, operatingSystem: system)
        }
        return (stage.problems(), (try? stage.plan().notices) ?? [])
    }

    @Test func dockersOwnProgramsAreNotDriven() {
        let said = said {
            $0.uninterpreted["provider"] = .object([CanonicalValue.Field("type", .string("aws"))])
            $0.uninterpreted["models"] = .object([
                CanonicalValue.Field("llm", .null), CanonicalValue.Field("big", .null),
            ])
        }
        #expect(
            said.problems == [
                "Service web: provider aws is a plugin of Docker's own client, which gantry does not run. Remove "
                    + "`provider`, or bring the service up with `docker compose up web`.",
                "Service web: models (big, llm) are run by Docker's model runner, which gantry does not drive. Remove "
                    + "`models`, and give the service the address of a model that runs elsewhere under `environment`.",
            ])
    }

    /// Features with the last API that lacks them.
    @Test(arguments: Need.all) fileprivate func newerFeaturesAreAskedOnlyOfNewerEngines(need: Need) {
        let older = said(in: need.version, also: need.project, need.service)
        let next = APIVersion(1, need.version.minor + 1)
        #expect(
            older.problems == [
                "\(need.subject) needs Engine API \(next) or later; this engine has \(need.version). Remove it, or run a "
                    + "newer engine."
            ])
        #expect(said(in: next, also: need.project, need.service).problems == [])
        #expect(said(also: need.project, need.service).problems == [])
    }

    @Test func whatAnEngineIgnoresIsAnnounced() {
        let idle: (inout Service) -> Void = {
            $0.annotations = ["a": "b"]
            $0.limits.cpuCount = 2
            $0.limits.cpuPercent = 50
        }
        #expect(
            said(in: APIVersion(1, 42), idle).notices
                == ["Service web: annotations, cpu_count, cpu_percent have no effect here."])
        #expect(said(in: APIVersion(1, 43), on: "windows", idle).notices == [])
        #expect(said(idle).notices == [])
    }

    @Test func swarmsPartOfDeployIsAnnounced() {
        let notices = said {
            var deploy = Deployment()
            deploy.restartPolicy = Deployment.Restart()
            deploy.restartPolicy?.delay = ComposeDuration("1s")
            deploy.restartPolicy?.window = ComposeDuration("1s")
            $0.deploy = deploy
        }.notices
        #expect(
            notices == [
                "Service web: deploy.restart_policy.delay, deploy.restart_policy.window have no effect here.",
                "Service web: deploy.restart_policy names no condition, so that its containers are not restarted, as with "
                    + "Docker Compose. Write `condition: any` to restart them.",
            ])
    }

    @Test func contradictionsAreRefused() {
        #expect(
            said {
                $0.macAddress = "02:00:00:00:00:01"
                var membership = NetworkMembership()
                membership.macAddress = "02:00:00:00:00:02"
                $0.networks = ["default": membership]
            }.problems.first?.hasPrefix("Service web: mac_address and networks.default.mac_address differ") == true)
        #expect(
            said {
                $0.healthCheck = HealthCheck()
                $0.healthCheck?.startInterval = ComposeDuration("1s")
            }.problems.first?.hasPrefix("Service web: healthcheck.start_interval needs healthcheck.start_period")
                == true)
    }

    @Test func idleOptionsOfMountsAreAnnounced() {
        let notices = said {
            var scratch = Mount(.tmpfs, target: "/t")
            scratch.bind = Mount.BindOptions()
            scratch.volume = Mount.VolumeOptions()
            var labelled = Mount(.bind, source: "/s", target: "/s")
            labelled.bind = Mount.BindOptions()
            labelled.bind?.selinux = "z"
            labelled.bind?.recursive = "disabled"
            $0.volumes = [scratch, labelled]
        }.notices
        #expect(
            notices == [
                "Service web: bind, volume of the tmpfs at /t has no effect, because the mount is of another type.",
                "Service web: selinux of the bind at /s has no effect beside its other options, because the engine takes it "
                    + "only without them.",
            ])
    }
}

/// A feature and the last API that lacks it.
private struct Need: Sendable, CustomTestStringConvertible {
    let subject: String
    let version: APIVersion
    var project: @Sendable (inout Project) -> Void = { _ in }
    let service: @Sendable (inout Service) -> Void

    var testDescription: String { subject }

    private static func membership(
        _ name: String, _ minor: Int, _ change: @escaping @Sendable (inout NetworkMembership) -> Void
    ) -> Need {
        Need(subject: "Service web: networks.front.\(name)", version: APIVersion(1, minor)) {
            $0.networks["front"] = Network(key: "front", name: "front")
        } service: { service in
            var membership = NetworkMembership()
            change(&membership)
            service.networks["front"] = membership
        }
    }

    private static func mount(_ subject: String, _ minor: Int, _ mount: Mount) -> Need {
        Need(subject: "Service web: \(subject)", version: APIVersion(1, minor)) { $0.volumes = [mount] }
    }

    static let all: [Need] = {
        var part = Mount(.volume, source: "v", target: "/v")
        part.volume = Mount.VolumeOptions()
        part.volume?.subpath = "a"
        var recursive = Mount(.bind, source: "/s", target: "/s")
        recursive.bind = Mount.BindOptions()
        recursive.bind?.recursive = "readonly"
        return [
            membership("interface_name", 48) { $0.interfaceName = "eth9" },
            membership("gw_priority", 47) { $0.gatewayPriority = 1 },
            membership("mac_address", 43) { $0.macAddress = "02:00:00:00:00:01" },
            mount("the image mounted at /i", 47, Mount(.image, source: "app", target: "/i")),
            mount("subpath of the volume at /v", 44, part),
            mount("recursive of the bind at /s", 43, recursive),
            Need(subject: "Service web: healthcheck.start_interval", version: APIVersion(1, 43)) {
                $0.healthCheck = HealthCheck()
                $0.healthCheck?.startPeriod = ComposeDuration("9s")
                $0.healthCheck?.startInterval = ComposeDuration("1s")
            },
            Need(subject: "Network shop_default: enable_ipv4: false", version: APIVersion(1, 47)) {
                $0.networks["default"]?.enableIPv4 = false
            } service: { _ in
            },
        ]
    }()
}
