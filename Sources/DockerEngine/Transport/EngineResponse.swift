import EngineAPI
import NIOCore
import NIOHTTP1

/// A response whose head has arrived, and the connection that its body comes from.
struct EngineResponse: Sendable {
    let call: String
    let head: HTTPResponseHead
    let connection: HTTPConnection

    /// The largest JSON answer that is read. Lists grow with the number of objects, about 2 KiB per container; this
    /// leaves room for tens of thousands while a wrong answer cannot exhaust memory.
    private static let answerLimit = 64 << 20
    /// How much of an error's body is read; engines send a sentence.
    private static let errorLimit = 64 << 10

    var status: Int { Int(head.status.code) }

    /// The next piece of the body.
    func receive() async throws -> BodyPiece {
        do {
            return try await connection.receivePiece()
        } catch let failure as TransportFailure {
            throw failure.error(of: call)
        }
    }

    /// Reads the body to its end and forgets it, so that the connection can be used again.
    func discard() async throws {
        while try await !receive().isLast {}
    }

    /// Reads the body to its end and decodes it.
    func decoded<Value: JSONReadable>(as type: Value.Type) async throws -> Value {
        let bytes = try await collect(limit: EngineResponse.answerLimit)
        do {
            return try Value(JSONValue(text: Array(bytes.readableBytesView)))
        } catch {
            throw EngineError(
                .invalidResponse, call: call, message: "the engine's answer is not the JSON that the API promises",
                status: status)
        }
    }

    /// Throws the engine's error unless the status is one of success.
    func requireSuccess(accepting accepted: Set<Int>) async throws {
        guard !(200..<300).contains(status), !accepted.contains(status) else { return }
        let bytes = try await collect(limit: EngineResponse.errorLimit)
        throw EngineError(answer: bytes, status: status, call: call)
    }

    private func collect(limit: Int) async throws -> ByteBuffer {
        var piece = try await receive()
        var bytes = piece.bytes
        while !piece.isLast, bytes.readableBytes <= limit {
            piece = try await receive()
            bytes.writeBuffer(&piece.bytes)
        }
        guard bytes.readableBytes <= limit else {
            throw EngineError(
                .invalidResponse, call: call, message: "the engine's answer is longer than \(limit >> 10) KiB",
                status: status)
        }
        return bytes
    }
}

extension EngineError {
    /// The error that an answer outside 2xx stands for.
    init(answer: ByteBuffer, status: Int, call: String) {
        let bytes = Array(answer.readableBytesView)
        let said: String? = try? JSONValue(text: bytes).read("message")
        let text = said ?? String(decoding: bytes, as: UTF8.self)
        // Proxies answer with pages; their first words are enough.
        let message = text.prefix(4096).trimmingWhitespace
        let reported = message.isEmpty ? "the engine gave no reason" : message
        self.init(Code(status: status, message: reported), call: call, message: reported, status: status)
    }
}

extension EngineError.Code {
    fileprivate init(status: Int, message: String) {
        self =
            switch status {
            case 400 where message.hasPrefix("client version "): .unsupported
            case _ where message.contains("is ambiguous"): .conflict
            case 401, 403: .unauthorized
            case 404: .notFound
            case 409: .conflict
            case 400..<500: .invalidRequest
            case 500...: .serverFailure
            default: .invalidResponse
            }
    }
}

extension Substring {
    fileprivate var trimmingWhitespace: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
