import ComposeLoader
import ComposeModel
import Testing
import YAML

/// Mutated projects: loading never crashes, and a failure always says something, in a place that exists.
@Suite struct FuzzTests {
    private static let seedText = """
        name: demo
        x-common: &common {restart: always, environment: &env {LOG: "${LEVEL:-info}"}}
        include: [{path: inc.yaml, env_file: e.env}]
        services:
          web:
            <<: *common
            image: "r/x:${TAG:-1}"
            command: sh -c "echo hi" && b
            environment: {<<: *env, A: 1, B: }
            ports: ["80-82:80-82", "127.0.0.1:90:90/udp", {target: 1, published: "2"}]
            volumes: [data:/d, ./x:/y:ro, {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
            depends_on: {db: {condition: service_healthy, required: false}}
            healthcheck: {test: [CMD, x], interval: 1m30s, retries: 3}
            deploy: {replicas: 2, resources: {limits: {cpus: "0.5", memory: 1g}}}
            extra_hosts: {a: [1.2.3.4, "::1"]}
            ulimits: {nofile: {soft: 1, hard: 2}}
            env_file: [e.env]
          db: {extends: {file: inc.yaml, service: base}, networks: {back: {aliases: [d]}}}
        networks: {back: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}
        volumes: {data: {driver: local}}
        secrets: {s: {file: ./s}}
        ---
        services: {web: {ports: !override ["1:1"], command: !reset null}}
        """
    private static let included = "services: {base: {build: {context: ., args: [A, B=2]}, dns: 1.1.1.1}}\n"

    @Test(arguments: 0..<400)
    func aMutatedProject(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let files = [
            "compose.yaml": Self.mutated(Self.seedText, &random),
            "inc.yaml": seed.isMultiple(of: 3) ? Self.mutated(Self.included, &random) : Self.included,
            "e.env": seed.isMultiple(of: 5) ? Self.mutated("A=1\nB=\"$A\"\nC='x'\n", &random) : "A=1\n",
        ]
        do throws(LoadFailure) {
            let loaded = try Loading.load(files) { $0.interpolates = !seed.isMultiple(of: 4) }
            #expect((loaded.written != nil) == seed.isMultiple(of: 4))
            #expect(!(loaded.written ?? loaded.project.canonical).json().isEmpty)
        } catch {
            let errors = error.diagnostics.filter { $0.severity == .error }
            #expect(!errors.isEmpty)
            #expect(!error.description.isEmpty)
            for mark in errors.compactMap(\.mark) {
                let lines = mark.file.text.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(mark.line >= 1 && mark.line <= lines.count + 1)
                #expect(mark.column >= 1)
            }
            #expect(errors.contains { $0.mark != nil }, "no place in: \(error.description)")
        }
    }

    private static let pieces = [
        "{", "}", "[", "]", ":", "&a", "*a", "<<: *common", "!reset", "!override", "${", "$X", "${A:?}", "null", "~",
        "-", "\n",
        "\t", "99999999999999999999", "1e400", "'", "\"", "é", "\u{0}", "- ", "x-y: 1", "services:", "1-65535:1-65535",
        ",",
    ]

    private static func mutated(_ text: String, _ random: inout SplitMix) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
            let start = Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 1...20, using: &random))
            let piece = Array((pieces.randomElement(using: &random) ?? "").utf8)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(contentsOf: piece, at: start)
            case 2: bytes.replaceSubrange(start..<end, with: piece)
            default: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &random))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
