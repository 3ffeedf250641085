// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "gantry",
    products: [
        .executable(name: "gantry", targets: ["gantry"]),
        .library(name: "EngineAPI", targets: ["EngineAPI"]),
        .library(name: "DockerEngine", targets: ["DockerEngine"]),
        .library(name: "EngineTesting", targets: ["EngineTesting"]),
        .library(name: "SinkAPI", targets: ["SinkAPI"]),
        .library(name: "ComposeCommands", targets: ["ComposeCommands"]),
    ],
    dependencies: [
        // The transport of the engine client: sockets, HTTP/1.1, connection upgrades.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        // The command line.
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        // Log sinks: TLS for streams, an HTTP client for the receivers that speak HTTP, counters that are exported.
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        // The state file: journal of transactions, over the system's libsqlite3.
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        // SHA-256 for `config-hash`.
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        // Tests open files and pipes for the processes that they run.
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        // Tests run the gantry binary and the engines' own tools as processes.
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
    ],
    targets: [
        // Bottom-up: a target may depend only on targets above it.
        .systemLibrary(
            name: "CLibYAML",
            pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"])]
        ),
        .target(name: "YAML", dependencies: ["CLibYAML"]),
        .target(name: "EngineAPI"),
        .target(
            name: "DockerEngine",
            dependencies: [
                "EngineAPI",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            exclude: ["README.md"]
        ),
        .target(name: "EngineTesting", dependencies: ["EngineAPI"], exclude: ["README.md"]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "SinkAPI", dependencies: ["EngineAPI"]),
        .target(
            name: "LogSpool",
            dependencies: ["SinkAPI", "EngineAPI", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        .target(name: "LogProcessing", dependencies: ["SinkAPI", "EngineAPI", "CPCRE2"]),
        .target(
            name: "LogSinks",
            dependencies: [
                "SinkAPI", "EngineAPI", "CZlib",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .target(
            name: "LogShipping",
            dependencies: [
                "LogSpool", "LogProcessing", "SinkAPI", "EngineAPI",
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .target(name: "ComposeModel"),
        .target(name: "ComposeGraph"),
        .target(
            name: "ComposeLoader",
            dependencies: ["ComposeModel", "ComposeGraph", "YAML"]
        ),
        .target(
            name: "ComposePlanner",
            dependencies: [
                "ComposeModel", "ComposeGraph", "EngineAPI",
                .product(name: "Crypto", package: "swift-crypto"),
            ]
        ),
        .target(
            name: "ComposeState",
            dependencies: ["ComposePlanner", .product(name: "GRDB", package: "GRDB.swift")]
        ),
        .target(
            name: "ComposeExecutor",
            dependencies: ["ComposePlanner", "ComposeState", "ComposeModel", "ComposeGraph", "EngineAPI"]
        ),
        .target(
            name: "ComposeLogs", dependencies: ["LogSinks", "LogProcessing", "LogSpool", "SinkAPI", "EngineAPI"]),
        .target(
            name: "ComposeSupervisor",
            dependencies: [
                "ComposeExecutor", "ComposeLogs", "ComposePlanner", "ComposeModel", "SinkAPI", "EngineAPI",
            ]
        ),
        .target(
            name: "ComposeCommands",
            dependencies: [
                "ComposeSupervisor", "ComposeExecutor", "ComposeState", "ComposePlanner", "ComposeLogs",
                "ComposeLoader", "ComposeModel", "YAML", "LogShipping", "LogSinks", "LogProcessing", "LogSpool",
                "SinkAPI", "DockerEngine", "EngineAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "gantry", dependencies: ["ComposeCommands"],
            linkerSettings: [
                // An eighth less memory at work: gold exports each of 43000 symbols of a static build, and writes 24 bytes
                // for each of 142000 relocations, all of which is read at every start. glibc reads the packed form since
                // 2.36, Debian 12's.
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker",
                        "--no-export-dynamic",
                    ],
                    .when(platforms: [.linux], configuration: .release))
            ]),
        // Run by Integration/benchmark.
        .executableTarget(
            name: "PlanningBenchmark",
            dependencies: ["ComposeExecutor", "ComposePlanner", "ComposeModel", "EngineAPI", "EngineTesting"],
            path: "Integration/PlanningBenchmark"),
        // An example is a package of its own; here it is built with the tests, which run it.
        .executableTarget(
            name: "own-gantry",
            dependencies: ["ComposeCommands", "SinkAPI", "EngineAPI"],
            path: "Examples/own-sink/Sources/own-gantry"),

        .testTarget(name: "YAMLTests", dependencies: ["YAML"]),
        .testTarget(
            name: "DockerEngineTests",
            dependencies: [
                "DockerEngine", "EngineAPI",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "LogSpoolTests", dependencies: ["LogSpool", "SinkAPI", "EngineAPI"]),
        .testTarget(
            name: "LogSinksTests",
            dependencies: [
                "LogSinks", "SinkAPI", "EngineAPI", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .testTarget(name: "LogProcessingTests", dependencies: ["LogProcessing", "LogSpool", "SinkAPI", "EngineAPI"]),
        .testTarget(
            name: "LogShippingTests",
            dependencies: [
                "LogShipping", "LogSpool", "LogProcessing", "SinkAPI", "EngineAPI",
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "EngineTestingTests", dependencies: ["EngineTesting", "EngineAPI"]),
        .testTarget(name: "ComposeModelTests", dependencies: ["ComposeModel"]),
        .testTarget(name: "ComposeGraphTests", dependencies: ["ComposeGraph"]),
        .testTarget(name: "ComposeLoaderTests", dependencies: ["ComposeLoader", "ComposeModel", "YAML"]),
        .testTarget(name: "ComposePlannerTests", dependencies: ["ComposePlanner", "ComposeModel", "EngineAPI"]),
        .testTarget(
            name: "ComposeStateTests",
            dependencies: [
                "ComposeState", "ComposePlanner", "EngineAPI", .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        .testTarget(
            name: "ComposeExecutorTests",
            dependencies: [
                "ComposeExecutor", "ComposePlanner", "ComposeState", "ComposeModel", "EngineAPI", "EngineTesting",
            ]
        ),
        .testTarget(
            name: "ComposeLogsTests",
            dependencies: [
                "ComposeLogs", "LogSinks", "LogProcessing", "LogSpool", "SinkAPI", "EngineAPI", "EngineTesting",
            ]
        ),
        .testTarget(
            name: "ComposeSupervisorTests",
            dependencies: [
                "ComposeSupervisor", "ComposeLogs", "ComposeExecutor", "ComposePlanner", "ComposeState", "ComposeModel",
                "SinkAPI", "EngineAPI", "EngineTesting",
            ]
        ),
        .testTarget(name: "TidyTests", dependencies: ["ComposeLoader", "ComposeModel"]),
        .testTarget(
            name: "ComposeCommandsTests",
            dependencies: [
                "ComposeCommands", "ComposeExecutor", "ComposeState", "ComposePlanner", "ComposeLogs", "ComposeLoader",
                "ComposeModel", "YAML",
                "LogShipping", "LogSinks", "LogProcessing", "LogSpool", "SinkAPI", "DockerEngine", "EngineTesting",
                "EngineAPI",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "ComposeLogs", "LogSinks", "LogSpool", "SinkAPI", "DockerEngine", "EngineAPI", "EngineTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Integration",
            exclude: [
                "ImageSources", "PlanningBenchmark", "Receivers", "benchmark", "demo", "engine", "images",
                "log-benchmark", "log-proof", "receiver", "setup", "test", "with-engine",
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
