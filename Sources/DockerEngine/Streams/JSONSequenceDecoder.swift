import EngineAPI
import NIOCore

/// Cuts JSON objects out of a stream where they follow one another, with or without white space between.
struct JSONSequenceDecoder<Element: Sendable>: StreamDecoder {
    /// The longest object that is kept while it is incomplete. Events and progress lines have a few hundred bytes; a
    /// container with very many labels may need some hundred KiB.
    private let longestObject = 4 << 20

    private let transform: @Sendable ([UInt8]) throws -> Element
    private var bytes: [UInt8] = []
    private var start = 0
    private var position = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    /// Makes a decoder that gives what `transform` makes of each object's text.
    init(_ transform: @escaping @Sendable ([UInt8]) throws -> Element) { self.transform = transform }

    var isInsideElement: Bool { depth > 0 }

    mutating func push(_ arrived: ByteBuffer) {
        bytes.removeFirst(start)
        position -= start
        start = 0
        bytes += arrived.readableBytesView
    }

    mutating func next() throws -> Element? {
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if isInString {
                scanString(byte)
            } else if depth == 0 {
                guard try beginsObject(byte) else { continue }
                start = position - 1
                depth = 1
            } else {
                scanStructure(byte)
                guard depth == 0 else { continue }
                defer { start = position }
                return try transform(Array(bytes[start..<position]))
            }
        }
        if depth == 0 { start = position }
        guard bytes.count - start <= longestObject else {
            throw TransportFailure.malformed("an object of the stream is longer than \(longestObject >> 20) MiB")
        }
        return nil
    }

    private mutating func scanString(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
        }
    }

    private mutating func scanStructure(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
    }

    private func beginsObject(_ byte: UInt8) throws -> Bool {
        switch byte {
        case UInt8(ascii: "{"): return true
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): return false
        default: throw TransportFailure.malformed("something other than JSON objects is in the stream")
        }
    }
}

extension JSONSequenceDecoder {
    /// Makes a decoder of objects that have the shape of `body`.
    init<Body: JSONReadable & SendableMetatype>(
        _ body: Body.Type, _ transform: @escaping @Sendable (Body) throws -> Element
    ) {
        self.init { text in
            guard let body = try? Body(JSONValue(text: text)) else {
                throw TransportFailure.malformed("an object of the stream has not the shape that the API promises")
            }
            return try transform(body)
        }
    }
}
