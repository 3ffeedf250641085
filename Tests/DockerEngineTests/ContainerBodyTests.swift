import EngineAPI
import Testing

@testable import DockerEngine

struct ContainerBodyTests {
    private func decode<Body: JSONReadable>(_ type: Body.Type, _ text: String) throws -> Body {
        try Body(JSONValue(text: Array(text.utf8)))
    }

    @Test func aListEntryIsReadInFull() throws {
        let summary = try decode(
            ContainerListBody.self,
            """
            {"Id":"c1","Names":["/db/web","/web-1"],"Image":"web:1","ImageID":"sha256:1","Command":"run","Created":1700000000,
            "State":"running","Status":"Up 5 minutes (healthy)","Labels":{"a":"b"},"SizeRw":1,
            "Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":53,"Type":"udp"}],
            "Mounts":[{"Type":"volume","Name":"v","Source":"/s","Destination":"/d","RW":false}],
            "NetworkSettings":{"Networks":{"front":{"NetworkID":"n1"},"back":null}}}
            """
        ).summary
        #expect(
            summary
                == ContainerSummary(
                    id: "c1", names: ["web-1", "db/web"], image: "web:1", imageID: "sha256:1", command: "run",
                    created: EngineTime(nanoseconds: 1_700_000_000_000_000_000), state: .running,
                    status: "Up 5 minutes (healthy)", labels: ["a": "b"],
                    ports: [
                        PortSummary(hostAddress: "0.0.0.0", containerPort: 80, hostPort: 8080),
                        PortSummary(containerPort: 53, transport: "udp"),
                    ],
                    mounts: [MountSummary(type: "volume", name: "v", source: "/s", target: "/d", writable: false)],
                    networks: ["front": "n1", "back": ""]))
        #expect(summary.health == .healthy)
    }

    @Test func aListEntryMayBeBare() throws {
        let bare = ContainerSummary(id: "c1", names: [], image: "", imageID: "", state: .created)
        #expect(try decode(ContainerListBody.self, #"{"Id":"c1"}"#).summary == bare)
        #expect(
            try decode(
                ContainerListBody.self,
                #"{"Id":"c1","Names":null,"Labels":null,"Ports":null,"Mounts":null,"NetworkSettings":null,"State":"configured"}"#
            ).summary == bare)
        #expect(
            try decode(ContainerListBody.self, #"{"Id":"c1","NetworkSettings":{"Networks":null}}"#).summary == bare)
    }

    @Test func inspectIsReadInFull() throws {
        let details = try decode(
            ContainerInspectBody.self,
            """
            {"Id":"c1","Name":"/web-1","Image":"sha256:1","RestartCount":2,"State":{"Status":"exited","ExitCode":3,
            "Error":"no","OOMKilled":true,"StartedAt":"2024-01-01T00:00:00.000000001Z","FinishedAt":"0001-01-01T00:00:00Z",
            "Health":{"Status":"unhealthy","Log":[{"Start":"2024-01-01T00:00:00Z","ExitCode":1,"Output":"bad"}]}},
            "Config":{"Tty":true,"Labels":null,"Healthcheck":{"Test":["CMD","x"],"Interval":1000000000,"Timeout":0}},
            "HostConfig":{"LogConfig":{"Type":"local","Config":{"max-size":"1m"}}},
            "Mounts":null,"NetworkSettings":{"Networks":{"front":{"NetworkID":"n1"}}}}
            """
        ).details
        #expect(details.name == "web-1")
        #expect(details.state == .exited)
        #expect(details.exitCode == 3)
        #expect(details.failure == "no")
        #expect(details.outOfMemory)
        #expect(details.startedAt == EngineTime(nanoseconds: 1_704_067_200_000_000_001))
        #expect(details.finishedAt == nil)
        #expect(details.restartCount == 2)
        #expect(details.health == .unhealthy)
        #expect(details.probes == [ProbeResult(exitCode: 1, output: "bad", start: EngineTime("2024-01-01T00:00:00Z"))])
        #expect(details.healthCheck == HealthCheckSpec(test: ["CMD", "x"], interval: .seconds(1)))
        #expect(details.terminal)
        #expect(details.logging == LoggingSpec(driver: "local", options: ["max-size": "1m"]))
        #expect(details.networks == ["front": "n1"])
    }

    @Test func inspectMayBeBare() throws {
        let details = try decode(ContainerInspectBody.self, #"{"Id":"c1","State":null,"Config":null}"#).details
        #expect(details == ContainerDetails(id: "c1", name: "", imageID: "", state: .created))
    }

    @Test func aHealthCheckThatIsSwitchedOffIsNone() throws {
        #expect(try decode(HealthCheckBody.self, #"{"Test":["NONE"]}"#).spec == nil)
        #expect(try decode(HealthCheckBody.self, #"{"Test":null}"#).spec == nil)
    }
}
