import ComposeModel
import ComposePlanner
import EngineTesting
import Testing

/// Stacks and changes that nobody thought of, with a fault somewhere.
@Suite struct RandomPlanTests {
    @Test(arguments: 0..<10) func aFaultLeavesNothingBetween(batch: UInt64) async throws {
        for seed in batch * 20..<(batch + 1) * 20 {
            var random = SplitMix(state: seed)
            let trial = try await Trial(.random(seed, &random))
            guard trial.count > 0 else { continue }
            let fault = FaultSchedule.Fault.allCases.randomElement(using: &random) ?? .error
            let number = Int.random(in: 1...trial.count, using: &random)
            let second = Int.random(in: number + 1...2 * number + 1, using: &random)
            try await trial.run("\(fault) at \(number)") { cancel in
                FaultSchedule(fault, at: number, onCancellation: cancel)
            }
            try await trial.run("error at \(number), \(fault) at \(second)") { cancel in
                FaultSchedule(.error, at: number, onCancellation: cancel).adding(fault, at: second)
            }
        }
    }
}

extension Scenario {
    fileprivate static func random(_ seed: UInt64, _ random: inout SplitMix) -> Scenario {
        let earlier = project(&random)
        var wanted = project(&random)
        // What both have is often the same.
        for (name, service) in earlier.services where Int.random(in: 0..<3, using: &random) > 0 {
            if wanted.services[name] != nil, service.dependencies.keys.allSatisfy({ wanted.services[$0] != nil }) {
                wanted.services[name] = service
            }
        }
        var options = UpOptions()
        options.removeOrphans = Bool.random(using: &random)
        options.wait = Bool.random(using: &random)
        return Scenario(description: "seed \(seed)", earlier: [earlier], wanted: wanted, options: options)
    }

    /// Services `s0`, `s1` and so on; each needs only ones with lower numbers.
    private static func project(_ random: inout SplitMix) -> Project {
        var project = Project.shop()
        project.volumes["data"] = Volume(key: "data", name: "shop_data")
        var names: [String] = []
        for index in 0..<Int.random(in: 1...7, using: &random) {
            let name = "s\(index)"
            // Some are missing, so that there are orphans. The kind follows from the name, so that no wait is for nothing.
            guard Int.random(in: 0..<5, using: &random) > 0 else { continue }
            project.services[name] = service(name, among: names, &random)
            names.append(name)
        }
        return project
    }

    private static func service(_ name: String, among names: [String], _ random: inout SplitMix) -> Service {
        var service = Service.app(name, image: name.hasSuffix("2") ? "job" : "app")
        service.environment["VERSION"] = String(Int.random(in: 0..<3, using: &random))
        if !name.hasSuffix("2") {
            service.scale = Int.random(in: 0...3, using: &random)
            service.healthCheck = HealthCheck(test: ["CMD", "check"])
        }
        if Bool.random(using: &random) {
            service.deploy = Deployment()
            if Bool.random(using: &random) { service.deploy?.update = .random(&random) }
            if Bool.random(using: &random) { service.deploy?.rollback = .random(&random) }
        }
        if Bool.random(using: &random) { service.volumes.append(Mount(.volume, source: "data", target: "/data")) }
        if Bool.random(using: &random) { service.volumes.append(Mount(.volume, target: "/cache")) }
        for other in names where Int.random(in: 0..<3, using: &random) == 0 {
            let condition: Dependency.Condition =
                Bool.random(using: &random) ? .started : other.hasSuffix("2") ? .completed : .healthy
            service.dependencies[other] = Dependency(
                condition, restart: Bool.random(using: &random), required: Bool.random(using: &random))
        }
        return service
    }
}

extension Deployment.UpdateOrder {
    /// What tolerates failures is missing: then the end is neither of the two.
    fileprivate static func random(_ random: inout SplitMix) -> Deployment.UpdateOrder {
        var config = Deployment.UpdateOrder()
        config.order = ["stop-first", "start-first", nil].randomElement(using: &random) ?? nil
        config.parallelism = Int.random(in: 0...2, using: &random)
        if Bool.random(using: &random) { config.delay = ComposeDuration("5s") }
        if Bool.random(using: &random) { config.monitor = ComposeDuration("5s") }
        return config
    }
}

/// Random numbers that are the same in each run: the splitmix64 generator.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
