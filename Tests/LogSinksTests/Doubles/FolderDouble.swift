import SinkAPI
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// A folder as a receiver, for sinks that write files: what is received is what the files in it hold. Its number stands
/// in for a port.
final class FolderDouble: ReceiverDouble {
    private static let numbers = Mutex(0)

    let port: Int
    private let read: @Sendable (_ folder: String) -> [ReceivedRecord]

    init(_ read: @escaping @Sendable (String) -> [ReceivedRecord]) throws {
        port = FolderDouble.numbers.withLock { number in
            number += 1
            return number
        }
        self.read = read
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    var folder: String { FolderDouble.folder(port) }

    static func folder(_ number: Int) -> String {
        "\(FileManager.default.temporaryDirectory.path)/gantry-sink-\(ProcessInfo.processInfo.processIdentifier)-\(number)"
    }

    var received: [ReceivedRecord] { read(folder) }
    var complaints: [String] { [] }
    var connections: Int { 0 }
    var held: Int { 0 }
    func fail(_ faults: ReceiverFault...) {}
    func release() {}
    func start() async throws {}
    func stop() async throws { try? FileManager.default.removeItem(atPath: folder) }

    /// The names in the folder, sorted.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    func contents(_ name: String) -> [UInt8] {
        Array(FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data())
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// What lines of JSON objects hold.
    static func records(_ bytes: [UInt8]) -> [ReceivedRecord] {
        struct Line: Decodable {
            let uid: String
            let message: String
        }
        return bytes.split(separator: 0x0A).compactMap { text in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else { return nil }
            return ReceivedRecord(uid: line.uid, line: Array(line.message.utf8))
        }
    }
}
