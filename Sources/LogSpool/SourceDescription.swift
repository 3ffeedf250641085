import EngineAPI
import SinkAPI

/// A source as bytes: the number, then each text with its length before it (4 bytes, little-endian).
enum SourceDescription {
    static func encode(_ source: LogSource) -> [UInt8] {
        var bytes: [UInt8] = []
        put(UInt32(truncatingIfNeeded: source.number), to: &bytes)
        let texts = [source.container.rawValue, source.name, source.service, source.image]
        for text in texts { put(text, to: &bytes) }
        put(UInt32(source.project == nil ? 0 : 1), to: &bytes)
        if let project = source.project { put(project, to: &bytes) }
        put(UInt32(source.labels.count), to: &bytes)
        for (key, value) in source.labels.sorted(by: { $0.key < $1.key }) {
            put(key, to: &bytes)
            put(value, to: &bytes)
        }
        return bytes
    }

    /// Nil where the bytes describe no source.
    static func decode(_ bytes: ArraySlice<UInt8>) -> LogSource? {
        var reader = Reader(rest: bytes)
        guard let number = reader.number(), let container = reader.text(), let name = reader.text(),
            let service = reader.text(), let image = reader.text(), let hasProject = reader.number()
        else { return nil }
        let project = hasProject == 1 ? reader.text() : nil
        guard let count = reader.number() else { return nil }
        var labels: [String: String] = [:]
        for _ in 0..<count {
            guard let key = reader.text(), let value = reader.text() else { return nil }
            labels[key] = value
        }
        return LogSource(
            container: ContainerID(container), name: name, project: project, service: service,
            number: Int(Int32(bitPattern: number)), image: image, labels: labels)
    }

    /// Stands for a source whose descriptions are damaged, so that its lines are not lost with them.
    static let unknown = LogSource(container: "unknown", name: "unknown", service: "unknown")

    private static func put(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func put(_ text: String, to bytes: inout [UInt8]) {
        put(UInt32(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func number() -> UInt32? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }

        mutating func text() -> String? {
            guard let count = number(), rest.count >= Int(count) else { return nil }
            defer { rest = rest.dropFirst(Int(count)) }
            return String(decoding: rest.prefix(Int(count)), as: UTF8.self)
        }
    }
}
