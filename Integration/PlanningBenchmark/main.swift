import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI
import EngineTesting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

// How long it takes to look at a project on an engine in memory and to plan for it, and how that grows: each figure beside
// that of half as many services, where 2.0 is linear. Figures are processor time, to which it matters little what else the
// machine does.

/// Services in a hundred chains, each with what people commonly give one.
func project(of count: Int, version: String) -> Project {
    var project = Project(name: "shop", workingDirectory: "/shop", configFiles: ["/shop/compose.yaml"])
    project.networks["default"] = Network(key: "default", name: "shop_default")
    for index in 0..<count {
        var service = Service(name: "s\(index)")
        service.image = "app"
        service.networks = ["default": nil]
        service.environment = ["VERSION": version, "INDEX": String(index)]
        service.labels = ["tier": "inner"]
        service.volumes = [Mount(.volume, source: "v\(index)", target: "/data")]
        project.volumes["v\(index)"] = Volume(key: "v\(index)", name: "shop_v\(index)")
        if index >= 100 { service.dependencies["s\(index - 100)"] = Dependency(.started) }
        project.services[service.name] = service
    }
    return project
}

/// An engine on which the project runs, without the executor's share of the time.
func engine(running project: Project?) async throws -> InMemoryEngine {
    let engine = InMemoryEngine()
    engine.addImage("app")
    guard let project else { return engine }
    let plan = try UpPlanner.plan(project, observed: try await Observer(engine: engine).observe(project))
    for operation in plan.prepare {
        switch (operation.action, plan.specs[operation.id]) {
        case (_, .network(let spec)?): _ = try await engine.createNetwork(spec)
        case (_, .volume(let spec)?): _ = try await engine.createVolume(spec)
        case (.createContainer(let name), .container(let spec)?):
            try await engine.startContainer(try await engine.createContainer(spec, name: name))
        default: break
        }
    }
    return engine
}

let cases: [(name: String, before: String?)] = [("nothing there", nil), ("as declared", "2"), ("all changed", "1")]
let runs = 5

for (name, before) in cases {
    var previous: Double?
    for count in [500, 1000, 2000, 4000] {
        let wanted = project(of: count, version: "2")
        let engine = try await engine(running: before.map { project(of: count, version: $0) })
        var (looking, planning): ([Double], [Double]) = ([], [])
        var operations = 0
        for _ in 0..<runs {
            let began = processorMilliseconds()
            let observed = try await Observer(engine: engine).observe(wanted)
            let seen = processorMilliseconds()
            let plan = try UpPlanner.plan(wanted, observed: observed)
            planning.append(processorMilliseconds() - seen)
            looking.append(seen - began)
            operations = plan.prepare.count + plan.finish.count
        }
        let median = planning.sorted()[runs / 2]
        let growth = previous.map { "   \(tenths(median / $0)) of half as many" } ?? ""
        previous = median
        say(
            "plan, \(name): \(count) services, \(operations) operations, \(tenths(median)) ms"
                + " (looking \(tenths(looking.sorted()[runs / 2])) ms)\(growth)")
    }
}

func processorMilliseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

func tenths(_ value: Double) -> String { "\(Int(value * 10) / 10).\(Int(value * 10) % 10)" }

/// Prints a line at once, also where the output is no terminal.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
