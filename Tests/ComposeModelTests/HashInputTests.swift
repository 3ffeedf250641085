import ComposeModel
import Testing

/// For services, the bytes are those whose SHA-256 `docker-compose config --hash '*'` prints (2.40.3).
@Suite struct HashInputTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// SHA-256 d5457d0b2799957b606d2ac4ed52d85a1e75799490e56229948300b9a59e8953.
    @Test func anImageAlone() {
        #expect(
            text(minimal.hashInput)
                == #"{"command":null,"entrypoint":null,"image":"x","networks":{"default":null}}"#)
    }

    @Test func whatMakesNoOtherContainerIsLeftOut() {
        var service = minimal
        service.scale = 3
        service.pullPolicy = .always
        service.profiles = ["debug"]
        service.dependencies = ["db": Dependency(.healthy)]
        service.build = Build(context: "/src")
        #expect(service.hashInput == minimal.hashInput)
        service.deploy = Deployment()
        let withoutReplicas = service.hashInput
        service.deploy?.replicas = 2
        #expect(service.hashInput == withoutReplicas)
        #expect(text(withoutReplicas).contains(#""deploy":{"resources":{},"placement":{}}"#))
    }

    /// SHA-256 9a742b30ac94f79e40f57303452637dd2f23212ccbfe7f50a5015595a2a17717.
    @Test func manyAttributesInOrder() {
        var service = minimal
        service.command = ["sh", "-c", "a && b"]
        service.environment = ["B": "2", "A": nil]
        service.ports = [Port(target: 80, published: "8080")]
        service.ports[0].mode = "ingress"
        service.restart = RestartPolicy(.onFailure, maximumRetries: 3)
        service.stopGracePeriod = ComposeDuration("90s")
        service.limits.memory = 1 << 27
        service.extraHosts = [ExtraHost(host: "b", address: "2"), ExtraHost(host: "a", address: "1")]
        var mount = Mount(.bind, source: "/src/conf", target: "/etc/conf")
        mount.bind = Mount.BindOptions()
        mount.bind?.createHostPath = true
        service.volumes = [mount]
        let expected =
            #"{"command":["sh","-c","a \u0026\u0026 b"],"entrypoint":null,"environment":{"A":null,"B":"2"},"#
            + #""extra_hosts":["a=1","b=2"],"image":"x","mem_limit":"134217728","networks":{"default":null},"#
            + #""ports":[{"mode":"ingress","target":80,"published":"8080","protocol":"tcp"}],"#
            + #""restart":"on-failure:3","stop_grace_period":"1m30s","#
            + #""volumes":[{"type":"bind","source":"/src/conf","target":"/etc/conf","bind":{"create_host_path":true}}]}"#
        #expect(text(service.hashInput) == expected)
    }

    @Test func networksAndVolumes() {
        var network = Network(key: "n", name: "demo_n")
        #expect(text(network.hashInput) == #"{"name":"demo_n","ipam":{}}"#)
        network.isInternal = true
        network.labels = ["k": "v"]
        #expect(text(network.hashInput) == #"{"name":"demo_n","ipam":{},"internal":true,"labels":{"k":"v"}}"#)
        var volume = Volume(key: "v", name: "demo_v")
        #expect(text(volume.hashInput) == #"{"name":"demo_v","driver":"local"}"#)
        volume.driver = "nfs"
        #expect(text(volume.hashInput) == #"{"name":"demo_v","driver":"nfs"}"#)
    }

    private var minimal: Service {
        var service = Service(name: "a")
        service.image = "x"
        service.networks = ["default": nil]
        return service
    }
}
