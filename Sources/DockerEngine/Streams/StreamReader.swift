import EngineAPI
import NIOCore

/// Turns the bytes of a response into elements, as they arrive.
protocol StreamDecoder: Sendable {
    associatedtype Element: Sendable
    /// Takes what arrived.
    mutating func push(_ bytes: ByteBuffer)
    /// The next whole element, nil where more bytes are needed.
    mutating func next() throws -> Element?
    /// Whether bytes are left that are no whole element.
    var isInsideElement: Bool { get }
}

/// Reads a response for the one task that iterates its stream; nothing is read that was not asked for.
actor StreamReader<Decoder: StreamDecoder> {
    private let response: EngineResponse
    private var decoder: Decoder
    private var hasEnded = false

    init(_ response: EngineResponse, _ decoder: Decoder) {
        self.response = response
        self.decoder = decoder
    }

    func next() async throws -> Decoder.Element? {
        while true {
            if let element = try decode() { return element }
            if hasEnded {
                guard decoder.isInsideElement else { return nil }
                throw TransportFailure.disconnected(answerBegun: true).error(of: response.call)
            }
            let piece = try await response.receive()
            decoder.push(piece.bytes)
            hasEnded = piece.isLast
        }
    }

    private func decode() throws -> Decoder.Element? {
        do {
            return try decoder.next()
        } catch let failure as TransportFailure {
            throw failure.error(of: response.call)
        } catch let failure as ReportedFailure {
            throw EngineError(.serverFailure, call: response.call, message: failure.message)
        }
    }
}

/// A failure that the engine reports within a stream, after it has answered with success.
struct ReportedFailure: Error {
    var message: String
}

extension EngineResponse {
    /// The body as a stream of what `decoder` makes of it.
    func stream<Decoder: StreamDecoder>(_ decoder: Decoder) -> EngineStream<Decoder.Element> {
        let reader = StreamReader(self, decoder)
        return EngineStream { try await reader.next() }
    }
}
