import EngineAPI
import EngineTesting
import FoundationEssentials
import Testing

/// The examples do what their READMEs say.
@Suite(.onEngine) struct ExampleScenarios {
    @Test func threeTiersServeAPageReadFromPostgreSQLAndLeaveNothing() async throws {
        let port = try await Listener.freePort()
        try await Scenario.with(
            folder: TestBed.examples + "/three-tier", environment: ["WEB_PORT": String(port)], alone: true
        ) { scenario in
            try await scenario.gantry("plan", exits: 2)
            try await scenario.expectNothing("plan acted")
            try await scenario.gantry("up", "-d", "--wait")
            #expect(try await page(port).hasPrefix("Hello from PostgreSQL. You are visitor 1."))
            try await scenario.gantry("plan")
            // The stack was ready before the engine's own checks had said so.
            try await scenario.wait(for: "the engine's word") {
                try await scenario.containers().allSatisfy { $0.health == .healthy }
            }
            let listed = try await scenario.gantry("ps", "--format", "json")
            #expect(listed.lines.count == 3, "\(listed)")
            for service in ["app", "db", "proxy"] {
                #expect(listed.output.contains("\"Name\":\"\(scenario.name(service))\""), "\(listed)")
            }
            #expect(listed.lines.allSatisfy { $0.contains("\"Health\":\"healthy\"") }, "\(listed)")
            let logs = try await scenario.gantry("logs", "proxy")
            #expect(logs.output.contains("GET / HTTP/1.1"), "\(logs)")
            try await scenario.gantry("down")
            let left = try await scenario.state()
            #expect(left.containers.isEmpty && left.networks.isEmpty, "\(left)")
            #expect(left.volumes.map(\.name) == ["\(scenario.project)_data"])
            try await scenario.gantry("up", "-d", "--wait")
            #expect(try await page(port).contains("visitor 2."), "the rows did not outlive the containers")
            try await scenario.gantry("down", "-v")
            try await scenario.expectNothing()
        }
    }

    @Test func aBrokenReleaseOfThreeTiersLeavesThePageServed() async throws {
        let port = try await Listener.freePort()
        try await Scenario.with(
            folder: TestBed.examples + "/three-tier", environment: ["WEB_PORT": String(port)], alone: true
        ) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let before = try await scenario.state()
            let failed = try await scenario.gantry(
                "-f", "compose.yaml", "-f", "broken.yaml", "up", "-d", "--wait", exits: 1)
            failed.says(scenario.name("app"), "unhealthy", "nowhere")
            try await scenario.expectState(before, "\(failed)")
            #expect(try await page(port).hasPrefix("Hello from PostgreSQL."))
            try await scenario.gantry("plan")
        }
    }

    @Test func quickstartServesItsPageAndLeavesNothing() async throws {
        let port = try await Listener.freePort()
        try await Scenario.with(
            folder: TestBed.examples + "/quickstart", environment: ["WEB_PORT": String(port)]
        ) { scenario in
            try await scenario.gantry("plan", exits: 2)
            try await scenario.gantry("up", "-d", "--wait")
            #expect(try await page(port).hasPrefix("Hello. It is"))
            try await scenario.gantry("plan")
            try await scenario.gantry("logs", "-n", "5")
            try await scenario.gantry("down", "-v")
            try await scenario.expectNothing()
        }
    }

    @Test func aSinkOfAnotherPackageIsShippedTo() async throws {
        let compose = """
            services:
              talker: {image: busybox, command: ["printf", 'one\\nsays "two"\\n']}
            """
        try await Scenario.with(compose) { scenario in
            var own = try scenario.command(["sink", "ls"])
            // Built with the tests.
            own.program = TestBed.examples + "/../.build/debug/own-gantry"
            let listed = try await own.run().exits(0)
            #expect(listed.output.contains("rows for a spreadsheet"), "\(listed)")
            try await scenario.gantry("up", "-d")
            try await scenario.wait(for: "both lines") {
                try await scenario.log(of: "talker").hasSuffix("says \"two\"\n")
            }
            own.arguments = ["ship", "--once", "--sink", "csv:./out.csv?separator=;"]
            try await own.run().exits(0)
            let data = try #require(FileManager.default.contents(atPath: scenario.folder + "/out.csv"))
            let rows = String(decoding: data, as: UTF8.self).split(separator: "\r\n")
            #expect(rows.map { $0.hasSuffix(#";"talker";stdout;"one""#) } == [true, false], "\(rows)")
            #expect(rows.last?.hasSuffix(#";"talker";stdout;"says ""two""""#) == true, "\(rows)")
        }
    }
}
