// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "own-gantry",
    dependencies: [.package(name: "gantry", path: "../..")],
    targets: [
        .executableTarget(
            name: "own-gantry",
            dependencies: [
                .product(name: "ComposeCommands", package: "gantry"), .product(name: "SinkAPI", package: "gantry"),
                .product(name: "EngineAPI", package: "gantry"),
            ])
    ]
)
