import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// What the user's Docker client is set up to, and what of it containers get.
@Suite struct ClientTests {
    private func settings(_ text: String, host: String = "unix:///run/engine") -> ClientSettings {
        ClientSettings(content: Array(text.utf8), path: "/home/user/.docker/config.json", host: host)
    }

    private func spec(_ stage: Planned) throws -> ContainerSpec {
        for case .container(let spec) in try stage.plan().specs.values { return spec }
        throw PlanError(["no container"])
    }

    @Test func proxiesAreTheWeakestVariablesAndNoPartOfTheHash() throws {
        let text = #"{"proxies": {"default": {"httpProxy": "a"}, "tcp://far:1": {"httpProxy": "b", "noProxy": "c"}}}"#
        #expect(settings(text).proxyVariables == ["HTTP_PROXY": "a", "http_proxy": "a"])
        #expect(settings(text, host: "tcp://far:1").proxyVariables["NO_PROXY"] == "c")
        var stage = Planned(.app("web") { $0.environment = ["http_proxy": "own", "A": "1"] })
        let plain = try spec(stage)
        stage.observed.client = settings(text)
        #expect(try spec(stage).environment == ["A=1", "HTTP_PROXY=a", "http_proxy=own"])
        #expect(try spec(stage).labels == plain.labels)
    }

    @Test func aFileOfAnotherKindIsSaid() throws {
        var stage = Planned(.app("web"), .app("db"))
        stage.observed.client = settings("{")
        #expect(
            try stage.plan().notices == [
                "/home/user/.docker/config.json is not the JSON that Docker's client writes; its proxies and credentials "
                    + "are not used."
            ])
    }

    @Test func credentialsAreThoseThatTheFileHoldsItself() {
        let settings = settings(
            """
            {"auths": {"a": {"auth": "dTpw"}, "b": {"username": "u", "password": "p"}, "c": {}, \
            "d": {"identitytoken": "t"}}, "credsStore": "desktop", "credHelpers": {"e": "ecr-login"}}
            """)
        #expect(settings.credentialHelpers == ["desktop", "ecr-login"])
        #expect(
            String(decoding: settings.credentials, as: UTF8.self) == """
                {
                  "auths" : {
                    "a" : {
                      "auth" : "dTpw"
                    },
                    "b" : {
                      "auth" : "dTpw"
                    },
                    "d" : {
                      "identitytoken" : "t"
                    }
                  }
                }
                """)
    }

    @Test func theSocketComesWithTheCredentials() throws {
        var stage = Planned(
            .app("web") { $0.uninterpreted["use_api_socket"] = .bool(true) },
            .app("own") {
                $0.uninterpreted["use_api_socket"] = .bool(true)
                $0.environment = ["DOCKER_CONFIG": "/mine"]
            })
        stage.observed.client = settings(#"{"auths": {"a": {"auth": "dTpw"}}, "credsStore": "pass"}"#)
        let plan = try stage.plan()
        #expect(plan.notices.count == 2)
        #expect(
            plan.notices.last
                == "Service web: use_api_socket passes on the credentials in Docker's config.json; those that "
                + "docker-credential-pass keeps are not read.")
        var environments: Set<[String]> = []
        for case .container(let spec) in plan.specs.values {
            #expect(spec.binds == ["/var/run/docker.sock:/var/run/docker.sock:rw"])
            environments.insert(spec.environment)
        }
        #expect(environments == [["DOCKER_CONFIG=/run/secrets/docker"], ["DOCKER_CONFIG=/mine"]])
        for case .files(let files) in plan.specs.values {
            #expect(files.map(\.path) == ["/run/secrets/docker/config.json"])
            #expect(files.first?.content == stage.observed.client.credentials)
        }
    }
}
