import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting
import Testing

@testable import ComposeExecutor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct PreflightTests {
    private func reason(_ ports: [HostPort] = [], _ paths: [HostPath] = []) async -> String? {
        var plan = Plan(project: "shop")
        plan.hostPorts = ports
        plan.hostPaths = paths
        do {
            try await Preflight(isLocal: true, engine: InMemoryEngine()).check(plan)
            return nil
        } catch {
            return (error as? ApplyFailure)?.reason ?? "\(error)"
        }
    }

    private func port(_ number: Int, _ address: String = "", _ transport: String = "tcp") -> HostPort {
        HostPort(service: "web", address: address, number: number, transport: transport)
    }

    @Test func aPortInUseIsNamed() async throws {
        let holder = try PortHolder(.tcp)
        #expect(
            await reason([port(holder.number, "127.0.0.1")])
                == "Service web cannot start: host port \(holder.number) (127.0.0.1) is in use. Choose another one under "
                + "`ports`, or stop what uses it; `ss -ltnp` shows it.")
        #expect(await reason([port(holder.number)])?.contains("host port \(holder.number) is in use") == true)
        #expect(await reason([port(holder.number, "127.0.0.2")]) == nil)
        #expect(await reason([port(holder.number, "127.0.0.1", "udp")]) == nil)
    }

    @Test func aDatagramPortInUseIsNamed() async throws {
        let holder = try PortHolder(.udp)
        #expect(await reason([port(holder.number, "", "udp")])?.contains("\(holder.number)/udp is in use") == true)
        #expect(await reason([port(holder.number, "", "udp")])?.contains("ss -lunp") == true)
    }

    @Test func lookingDoesNotKeepAPort() async throws {
        let number = try PortHolder(.tcp).number
        #expect(await reason([port(number), port(number, "127.0.0.1")]) == nil)
        #expect(await reason([port(number)]) == nil)
    }

    /// The engine's own words are better than a guess.
    @Test func whatCannotBeToldIsLeftToTheEngine() async throws {
        // An address of no machine, and one that is no address.
        #expect(await reason([port(8080, "192.0.2.1"), port(8080, "nonsense"), port(8080, "2001:db8::1")]) == nil)
        #expect(await reason([], [HostPath(service: "web", path: "/")]) == nil)
        let holder = try PortHolder(.tcp)
        var plan = Plan(project: "shop")
        plan.hostPorts = [port(holder.number)]
        try await Preflight(isLocal: false, engine: InMemoryEngine()).check(plan)
    }

    /// Names are the engine's, wherever that is.
    @Test func aNameThatSomebodyElseHasIsTold() async throws {
        let stage = try Stage()
        var other = ContainerSpec(image: "app")
        other.labels[ComposeLabels.project] = "elsewhere"
        _ = try await stage.engine.createContainer(other, name: "cache")
        _ = try await stage.engine.createContainer(ContainerSpec(image: "app"), name: "shop-web-1")
        let project = Project.shop(.app("db") { $0.containerName = "cache" }, .app("web"), .app("free"))
        let problems = try await Preflight(isLocal: false, engine: stage.engine)
            .problems(of: try await stage.plan(project))
        #expect(
            problems == [
                "Service db cannot start: the container name cache is in use by a container of project elsewhere. Remove "
                    + "or rename that container, or choose another `container_name`.",
                "Service web cannot start: the container name shop-web-1 is in use by a container of no project. Remove "
                    + "or rename that container, or choose another `container_name`.",
            ])
    }

    /// Its own containers are no obstacle, replaced or scaled.
    @Test(arguments: Scenario.all) func whatWouldWorkIsNotRefused(scenario: Scenario) async throws {
        let stage = try await scenario.stage()
        let plan = try await stage.plan(scenario.wanted, scenario.options)
        #expect(try await Preflight(isLocal: false, engine: stage.engine).problems(of: plan) == [])
    }

    @Test func everythingIsToldAtOnce() async throws {
        let (one, two) = (try PortHolder(.tcp), try PortHolder(.tcp))
        let path = HostPath(service: "api", path: "/nowhere/at/all")
        let lines = await reason([port(one.number), port(two.number)], [path])?.split(separator: "\n") ?? []
        #expect(lines.count == 3)
        #expect(
            lines.last?.hasPrefix("Service api cannot start: /nowhere/at/all, which it mounts, does not exist.") == true
        )
    }
}

/// A port of 127.0.0.1 that is in use as long as this lives.
private final class PortHolder {
    enum Transport { case tcp, udp }

    let number: Int
    private let descriptor: Int32

    init(_ transport: Transport) throws {
        let type = transport == .udp ? SOCK_DGRAM : SOCK_STREAM
        descriptor = socket(AF_INET, Int32(type.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, size) = (descriptor, length)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, size) | (transport == .tcp ? listen(socket, 1) : 0) | getsockname(socket, $0, &length)
            }
        }
        number = Int(in_port_t(bigEndian: address.sin_port))
        try #require(result == 0)
    }

    deinit { close(descriptor) }
}
