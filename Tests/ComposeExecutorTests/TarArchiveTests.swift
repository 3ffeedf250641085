import ComposePlanner
import Foundation
import Testing

@testable import ComposeExecutor

@Suite struct TarArchiveTests {
    private func file(_ path: String, _ text: String, mode: Int = 0o444) -> InjectedFile {
        InjectedFile(path: path, content: Array(text.utf8), uid: 1000, gid: 50, mode: mode)
    }

    /// The system's own `tar` is the judge.
    @Test func tarUnderstandsIt() throws {
        let long = String(repeating: "x", count: 512)
        let archive = try TarArchive.make([
            file("/run/secrets/token", "t0ken", mode: 0o400), file("/etc/long.conf", long), file("/empty", ""),
        ])
        #expect(archive.count % 512 == 0)
        let folder = try TemporaryFile()
        let path = folder.path + ".tar"
        try Data(archive).write(to: URL(fileURLWithPath: path))
        #expect(
            try run("tar", "--numeric-owner", "-tvf", path).split(separator: "\n").map { $0.split(separator: " ") }
                .map { [$0[0], $0[1], $0[2], $0[5]] } == [
                    ["-r--------", "1000/50", "5", "run/secrets/token"],
                    ["-r--r--r--", "1000/50", "512", "etc/long.conf"],
                    ["-r--r--r--", "1000/50", "0", "empty"],
                ])
        #expect(try run("tar", "-xOf", path, "run/secrets/token") == "t0ken")
        #expect(try run("tar", "-xOf", path, "etc/long.conf") == long)
    }

    @Test func aPathThatDoesNotFitIsRefused() {
        let path = "/" + String(repeating: "a", count: TarArchive.longestPath + 1)
        let error = #expect(throws: TarArchive.PathTooLong.self) { try TarArchive.make([file(path, "")]) }
        #expect(error?.description.contains("longer than 99 bytes") == true)
    }

    private func run(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
