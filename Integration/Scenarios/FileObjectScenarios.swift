import EngineAPI
import Testing

/// Secrets and configs arrive in the container, wherever they come from.
@Suite(.onEngine) struct FileObjectScenarios {
    @Test func secretsAndConfigsFromEveryOriginMustArrive() async throws {
        let compose = """
            services:
              reader:
                image: busybox
                command:
                  - sh
                  - -c
                  - |
                    for f in /run/secrets/from-environment /run/secrets/from-file /etc/renamed /from-file /from-environment; do
                      echo "$$f: $$(cat $$f)"
                    done
                    stat -c '%a %u %g' /etc/renamed
                secrets: [from-environment, from-file]
                configs:
                  - {source: from-content, target: /etc/renamed, mode: 0440, uid: "7", gid: "8"}
                  - from-file
                  - from-environment
            secrets:
              from-environment: {environment: SECRET}
              from-file: {file: ./secret.txt}
            configs:
              from-content: {content: "colour=${COLOR}"}
              from-file: {file: ./config.txt}
              from-environment: {environment: CONFIG}
            """
        try await Scenario.with(
            ["compose.yaml": compose, "secret.txt": "file secret", "config.txt": "file config"],
            environment: ["SECRET": "hidden value", "COLOR": "green", "CONFIG": "environment config"]
        ) { scenario in
            let up = try await scenario.gantry("up", "-d", "--wait")
            try await scenario.wait(for: "the reader's end") { try await scenario.running().isEmpty }
            #expect(
                try await scenario.log(of: "reader") == """
                    /run/secrets/from-environment: hidden value
                    /run/secrets/from-file: file secret
                    /etc/renamed: colour=green
                    /from-file: file config
                    /from-environment: environment config
                    440 7 8

                    """)
            #expect(!up.error.contains("hidden value"))
            let labels = try await scenario.containers().flatMap(\.labels.values)
            #expect(!labels.contains { $0.contains("hidden value") })
            let plan = try await scenario.gantry("up", "--force-recreate", "--dry-run")
            #expect(!(plan.output + plan.error).contains("hidden value"))
        }
    }

    @Test func aChangedSecretMustReplaceTheContainer() async throws {
        let compose = """
            services:
              reader:
                image: busybox
                init: true
                command: sh -c 'cat /run/secrets/key; echo; sleep infinity'
                secrets: [key]
            secrets:
              key: {environment: KEY}
            """
        try await Scenario.with(compose, environment: ["KEY": "one"]) { scenario in
            try await scenario.gantry("up", "-d", "--wait")
            let before = try await scenario.container(of: "reader")
            var changed = scenario
            changed.environment["KEY"] = "two"
            try await changed.gantry("plan", exits: 2)
            try await changed.gantry("up", "-d", "--wait")
            let after = try await scenario.container(of: "reader")
            #expect(after.id != before.id)
            #expect(try await scenario.log(of: "reader") == "two\n")
        }
    }
}
