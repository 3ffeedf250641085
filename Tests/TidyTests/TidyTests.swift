import ComposeLoader
import ComposeModel
import FoundationEssentials
import Testing

/// The rules of the code base that no compiler checks.
@Suite struct TidyTests {
    private static let root: String = {
        // …/Tests/TidyTests/TidyTests.swift
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    private struct SourceText {
        let path: String
        let text: String
    }

    private static func swiftFiles(in folder: String) throws -> [SourceText] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)").sorted()
        return try paths.filter { $0.hasSuffix(".swift") }.map { path in
            let data = try #require(FileManager.default.contents(atPath: "\(root)/\(folder)/\(path)"))
            return SourceText(path: "\(folder)/\(path)", text: String(decoding: data, as: UTF8.self))
        }
    }

    private static func text(of path: String) throws -> String {
        String(decoding: try #require(FileManager.default.contents(atPath: "\(root)/\(path)")), as: UTF8.self)
    }

    /// The planner decides; it must not be able to act.
    @Test(arguments: [" async ", " await ", "ContainerEngine", "ContinuousClock", "Date("])
    func thePlannerIsPure(word: String) throws {
        for file in try Self.swiftFiles(in: "Sources/ComposePlanner") {
            #expect(!file.text.contains(word), "\(file.path) has \(word)")
        }
    }

    @Test(arguments: ["try!", "fatalError(", "@unchecked Sendable", "Thread.sleep", "import Foundation\n"])
    func noSourceTakesAShortcut(word: String) throws {
        for file in try Self.swiftFiles(in: "Sources") {
            #expect(!file.text.contains(word), "\(file.path) has \(word)")
        }
    }

    @Test(arguments: ["ComposeCommands", "ComposeSupervisor", "ComposeLogs", "ComposeExecutor", "ComposePlanner"])
    func onlyTheEngineClientKnowsTheTransport(module: String) throws {
        for file in try Self.swiftFiles(in: "Sources/\(module)") {
            #expect(!file.text.contains("import NIO"), "\(file.path) imports NIO")
        }
    }

    @Test func everyModuleIsInTheREADME() throws {
        let readme = try Self.text(of: "README.md")
        let modules = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/Sources").sorted()
        for module in modules where module.first?.isUppercase == true {
            // The system's libraries are none of ours.
            if FileManager.default.fileExists(atPath: "\(Self.root)/Sources/\(module)/module.modulemap") { continue }
            #expect(readme.contains("| `\(module)` |"), "README.md does not describe \(module)")
        }
    }

    @Test func everyPathInTheREADMEExists() throws {
        let readme = try Self.text(of: "README.md")
        let words = readme.split { " `|();:,\n".contains($0) }.map(String.init)
        let paths = words.filter { word in
            ["Integration/", "Examples/", "Sources/", "Tests/"].contains { word.hasPrefix($0) }
        }
        #expect(!paths.isEmpty)
        for path in Set(paths) {
            #expect(FileManager.default.fileExists(atPath: "\(Self.root)/\(path)"), "README.md names \(path)")
        }
    }

    @Test func everyExampleLoadsAndHasAREADME() throws {
        let examples = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/Examples").sorted()
        #expect(!examples.isEmpty)
        for example in examples {
            let folder = "\(Self.root)/Examples/\(example)"
            #expect(FileManager.default.fileExists(atPath: folder + "/README.md"), "\(example) has no README.md")
            // A package is no project: it is built with the tests.
            if FileManager.default.fileExists(atPath: folder + "/Package.swift") { continue }
            let loaded = try ProjectLoader(options: LoadOptions(workingDirectory: folder)).load()
            #expect(!loaded.project.services.isEmpty)
            #expect(loaded.warnings.isEmpty, "\(example) loads with warnings: \(loaded.warnings)")
        }
    }
}
