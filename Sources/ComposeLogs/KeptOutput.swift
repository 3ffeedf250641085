package import EngineAPI
import FoundationEssentials
import Glibc
package import SinkAPI

/// The last output of containers that were removed: a file for each, in a folder of their project.
///
/// A file begins with a line of JSON that says whose output it is; a line for each record follows, oldest first: its time,
/// a letter for its stream and state, and the bytes as they were written. Only its owner may read it.
package struct KeptOutput: Sendable {
    /// How much is kept of a container, in bytes of its file: some thousand lines, which is what a person may look
    /// through, and little enough to be read and written while a removal waits.
    package static let longest = 1 << 20
    /// How many containers are kept of each replica: the one before, and those before it where it was replaced at once
    /// again, as in a release that was taken back. Of a hundred replicas that is 300 MB at the most.
    package static let containersPerReplica = 3
    /// How many of a container's last lines are asked for. An engine needs some ten microseconds for each.
    static let lineCount = 5000

    /// A container that was removed, and what is kept of its output.
    package struct Container: Sendable {
        package let source: LogSource
        package let removed: EngineTime
        package let records: [LogRecord]
    }

    private struct Header: Codable {
        var version = 1
        let container: String
        let name: String
        let project: String?
        let service: String
        let number: Int
        let removed: Int64
    }

    private static let suffix = ".log"
    private let folder: String

    /// - Parameter folder: where the files are; it need not exist while nothing is kept.
    package init(folder: String) { self.folder = folder }

    /// Reads a container's last output from the engine and keeps it. The folder must exist.
    ///
    /// - Throws: where the engine does not answer, or the disk takes no more; nothing is kept then.
    package func keep(_ source: LogSource, removed: EngineTime = .now(), from engine: any ContainerEndpoints)
        async throws
    {
        var tail = OutputTail(longest: KeptOutput.longest)
        let options = LogOptions(tail: KeptOutput.lineCount, timestamps: true)
        try await engine.withLogs(of: source.container, options) { stream in
            var assembler = LineAssembler(source: source, hasTimes: true, keepsReturns: true)
            for try await frames in stream { tail.add(assembler.take(frames)) }
            tail.add(assembler.finish())
        }
        guard !tail.bytes.isEmpty else { return }
        let header = Header(
            container: source.container.rawValue, name: source.name, project: source.project, service: source.service,
            number: source.number, removed: removed.nanoseconds)
        let content = try JSONEncoder().encode(header) + [UInt8(ascii: "\n")] + tail.bytes
        try await onBlockingThread { try save(Array(content), of: source, removed: removed) }
    }

    /// What is kept of the containers that are wanted, in the order of their removals. What cannot be read is left out.
    package func containers(_ isWanted: (LogSource) -> Bool) -> [Container] {
        files().compactMap { name in
            guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)").map({ Array($0) }),
                let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
                let header = try? JSONDecoder().decode(Header.self, from: Data(bytes[..<end])), header.version == 1
            else { return nil }
            let source = LogSource(
                container: ContainerID(header.container), name: header.name, project: header.project,
                service: header.service, number: header.number)
            guard isWanted(source) else { return nil }
            return Container(
                source: source, removed: EngineTime(nanoseconds: header.removed),
                records: OutputTail.records(in: bytes[(end + 1)...], of: source))
        }
    }

    /// The services of which something is kept.
    package var services: Set<String> {
        Set(
            files().compactMap { file in
                let parts = file.dropLast(KeptOutput.suffix.count).split(separator: ".", maxSplits: 3)
                return parts.count == 4 ? String(parts[3]) : nil
            })
    }

    private func save(_ content: [UInt8], of source: LogSource, removed: EngineTime) throws {
        // The time comes first, so that names have the order of the removals; the replica comes last, as it may have dots.
        let digits = String(removed.nanoseconds)
        let time = String(repeating: "0", count: max(0, 20 - digits.count)) + digits
        let replica = ".\(source.number).\(source.service)\(KeptOutput.suffix)"
        let path = "\(folder)/\(time).\(source.container.rawValue.prefix(12))\(replica)"
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw OutputFailure.failed(errno: errno) }
        var rest = content[...]
        var failure: Int32 = 0
        while !rest.isEmpty, failure == 0 {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 { rest = rest.dropFirst(written) } else if errno != EINTR { failure = errno }
        }
        close(descriptor)
        if failure == 0, rename(temporary, path) != 0 { failure = errno }
        guard failure == 0 else {
            unlink(temporary)
            throw OutputFailure.failed(errno: failure)
        }
        for old in files().filter({ KeptOutput.replica(of: $0) == replica }).dropLast(KeptOutput.containersPerReplica) {
            unlink("\(folder)/\(old)")
        }
    }

    /// By the times of the removals.
    private func files() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(KeptOutput.suffix) }.sorted()
    }

    private static func replica(of file: String) -> String {
        let parts = file.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? "." + parts[2] : ""
    }
}
