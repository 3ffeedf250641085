package import EngineAPI

/// A message of the Forward protocol, version 1, as an engine's `fluentd` log driver sends it: entries, and the
/// identifier that its acknowledgement repeats.
package struct ForwardMessage: Sendable, Equatable {
    package let tag: String
    package let entries: [ForwardEntry]
    package let chunk: String?

    package init(tag: String, entries: [ForwardEntry], chunk: String?) {
        self.tag = tag
        self.entries = entries
        self.chunk = chunk
    }

    /// What is no such message.
    struct Malformed: Error {}

    /// Reads the modes Message, Forward and PackedForward.
    init(_ value: MessagePackValue) throws {
        guard case .array(let parts) = value, parts.count >= 2, let tag = parts[0].text else { throw Malformed() }
        self.tag = tag
        var options: MessagePackValue?
        switch parts[1] {
        case .array(let entries):
            self.entries = try entries.map { try ForwardEntry($0) }
            options = parts.dropFirst(2).first
        case .bytes(let packed):
            var rest = packed[...]
            var entries: [ForwardEntry] = []
            while !rest.isEmpty {
                guard let entry = try MessagePackValue.parse(&rest) else { throw Malformed() }
                entries.append(try ForwardEntry(entry))
            }
            self.entries = entries
            options = parts.dropFirst(2).first
        default:
            guard parts.count >= 3 else { throw Malformed() }
            entries = [try ForwardEntry(.array([parts[1], parts[2]]))]
            options = parts.dropFirst(3).first
        }
        chunk = options?["chunk"]?.text
    }

    /// The acknowledgement of a chunk, as MessagePack: `{"ack": chunk}`.
    static func acknowledgement(of chunk: String) -> [UInt8] {
        let text = Array(chunk.utf8.prefix(255))
        return [0x81, 0xA3] + Array("ack".utf8) + [0xD9, UInt8(text.count)] + text
    }
}

/// One piece of a container's output.
package struct ForwardEntry: Sendable, Equatable {
    /// A line of more than 16 KiB comes in pieces.
    package struct Part: Sendable, Equatable {
        package let line: String
        /// From 1.
        package let ordinal: Int
        package let isLast: Bool

        package init(line: String, ordinal: Int, isLast: Bool) {
            self.line = line
            self.ordinal = ordinal
            self.isLast = isLast
        }
    }

    package let time: EngineTime
    package let container: ContainerID
    package let name: String
    package let stream: OutputStream
    package let bytes: [UInt8]
    /// Nil for a whole line.
    package let part: Part?

    package init(
        time: EngineTime, container: ContainerID, name: String, stream: OutputStream, bytes: [UInt8], part: Part? = nil
    ) {
        self.time = time
        self.container = container
        self.name = name
        self.stream = stream
        self.bytes = bytes
        self.part = part
    }

    init(_ value: MessagePackValue) throws {
        guard case .array(let pair) = value, pair.count == 2, let time = EngineTime(forward: pair[0]),
            let container = pair[1]["container_id"]?.text, let bytes = pair[1]["log"]?.bytes
        else { throw ForwardMessage.Malformed() }
        let record = pair[1]
        self.time = time
        self.container = ContainerID(container)
        let name = record["container_name"]?.text ?? container
        self.name = name.hasPrefix("/") ? String(name.dropFirst()) : name
        stream = record["source"]?.text == "stderr" ? .stderr : .stdout
        self.bytes = bytes
        guard record["partial_message"]?.text == "true" else {
            part = nil
            return
        }
        guard let line = record["partial_id"]?.text, let ordinal = record["partial_ordinal"]?.text.flatMap({ Int($0) })
        else { throw ForwardMessage.Malformed() }
        part = Part(line: line, ordinal: ordinal, isLast: record["partial_last"]?.text == "true")
    }
}

extension EngineTime {
    /// EventTime, the extension type 0 of seconds and nanoseconds, or whole seconds.
    fileprivate init?(forward value: MessagePackValue) {
        switch value {
        case .integer(let seconds): self.init(nanoseconds: seconds * 1_000_000_000)
        case .unsigned(let seconds) where seconds < 1 << 33: self.init(nanoseconds: Int64(seconds) * 1_000_000_000)
        case .other(0, let bytes) where bytes.count == 8:
            let number = { (part: ArraySlice<UInt8>) in part.reduce(Int64(0)) { $0 << 8 | Int64($1) } }
            self.init(nanoseconds: number(bytes[0..<4]) * 1_000_000_000 + number(bytes[4..<8]))
        default: return nil
        }
    }
}
