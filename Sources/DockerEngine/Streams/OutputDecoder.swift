import EngineAPI
import NIOCore

/// Decodes a container's output: frames with a header each, or the bare bytes of a terminal.
///
/// A frame's header is eight bytes: the stream (1 standard output, 2 standard error, 3 a failure of the engine itself),
/// three zeros, and the payload's length as a big-endian number (Engine API, "Attach to a container", stream format).
struct OutputDecoder: StreamDecoder {
    enum Framing: Sendable {
        case multiplexed
        case raw
    }

    /// Longer payloads are delivered in pieces of this length: twice what engines write at once, so that a wrong length
    /// cannot exhaust memory.
    static let longestPiece = 64 << 10
    private static let headerLength = 8

    private enum Source {
        case output(OutputStream)
        case engineFailure
    }

    private let framing: Framing
    private var pending: [UInt8] = []
    /// The frame whose header has been read, and how much of its payload is still to come.
    private var frame: (source: Source, remaining: Int)?

    init(_ framing: Framing) { self.framing = framing }

    var isInsideElement: Bool { frame != nil || !pending.isEmpty }

    mutating func push(_ bytes: ByteBuffer) {
        if pending.isEmpty {
            pending = Array(bytes.readableBytesView)
        } else {
            pending += bytes.readableBytesView
        }
    }

    /// All whole frames of what arrived, as slices of one array.
    mutating func next() throws -> [OutputFrame]? {
        guard !pending.isEmpty else { return nil }
        let batch = pending
        guard framing == .multiplexed else {
            pending = []
            return [OutputFrame(stream: .stdout, bytes: batch[...])]
        }
        var frames: [OutputFrame] = []
        var position = 0
        while true {
            if let (source, remaining) = frame {
                let length = min(remaining, OutputDecoder.longestPiece)
                guard batch.count - position >= length else { break }
                let payload = batch[position..<position + length]
                switch source {
                case .output(let stream): frames.append(OutputFrame(stream: stream, bytes: payload))
                case .engineFailure: throw ReportedFailure(message: String(decoding: payload, as: UTF8.self))
                }
                position += length
                frame = remaining > length ? (source, remaining - length) : nil
            } else {
                guard batch.count - position >= OutputDecoder.headerLength else { break }
                frame = try OutputDecoder.frame(header: batch[position..<position + OutputDecoder.headerLength])
                position += OutputDecoder.headerLength
            }
        }
        if position > 0 { pending = position == batch.count ? [] : Array(batch[position...]) }
        return frames.isEmpty ? nil : frames
    }

    /// What a header announces, nil for an empty frame.
    private static func frame(header: ArraySlice<UInt8>) throws -> (source: Source, remaining: Int)? {
        let base = header.startIndex
        guard header[base] <= 3, header[base + 1] == 0, header[base + 2] == 0, header[base + 3] == 0 else {
            throw TransportFailure.malformed("output frames begin with \(Array(header)), which is no frame header")
        }
        let length = header[(base + 4)...].reduce(0) { $0 << 8 | Int($1) }
        guard length > 0 else { return nil }
        switch header[base] {
        case 2: return (.output(.stderr), length)
        case 3: return (.engineFailure, length)
        default: return (.output(.stdout), length)
        }
    }
}
