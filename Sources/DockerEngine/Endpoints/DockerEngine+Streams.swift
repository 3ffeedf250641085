public import EngineAPI
import NIOCore
import NIOHTTP1

extension DockerEngine {
    /// Reads a container's output as the engine kept it, and with `options.follow` what comes after.
    public func withLogs<Result: Sendable>(
        of id: ContainerID, _ options: LogOptions,
        _ body: (EngineStream<[OutputFrame]>) async throws -> Result
    ) async throws -> Result {
        var request = get("\(path(id))/logs", query: options.query)
        request.deadline = transport.configuration.stream
        return try await transport.withResponse(to: request) { response in
            let framing = try await framing(of: response, from: id)
            return try await body(response.stream(OutputDecoder(framing)))
        }
    }

    /// Connects to a container's output, and to its input with `input`.
    public func withAttachment<Result: Sendable>(
        to id: ContainerID, input: Bool,
        _ body: (ProcessConnection) async throws -> Result
    ) async throws -> Result {
        let streams = ["stdout", "stderr"] + (input ? ["stdin"] : [])
        var request = post("\(path(id))/attach", query: [("stream", "1")] + streams.map { ($0, "1") })
        request.deadline = transport.configuration.stream
        request.takesOver = true
        request.acceptedStatuses = [101]
        // Asked before, as afterwards the answer would have to wait for a start that is under way.
        let known = try await transport.apiVersion() < .statesOutputFraming ? try await framing(of: id) : nil
        return try await transport.withResponse(to: request) { response in
            let framing = if let known { known } else { try await framing(of: response, from: id) }
            return try await body(response.process(framing))
        }
    }

    // Engines with API 1.42 say in the content type which framing they use. Older ones say nothing, or the wrong thing;
    // there the container's terminal decides.
    private func framing(of response: EngineResponse, from id: ContainerID) async throws -> OutputDecoder.Framing {
        if try await transport.apiVersion() >= .statesOutputFraming {
            switch response.head.headers.first(name: "Content-Type") {
            case "application/vnd.docker.multiplexed-stream": return .multiplexed
            case "application/vnd.docker.raw-stream": return .raw
            default: break
            }
        }
        return try await framing(of: id)
    }

    private func framing(of id: ContainerID) async throws -> OutputDecoder.Framing {
        do {
            return try await container(id).terminal ? .raw : .multiplexed
        } catch let error as EngineError where error.code == .notFound {
            // It removed itself meanwhile; what it wrote is in the response, and hardly one such has a terminal.
            return .multiplexed
        }
    }
}

extension EngineResponse {
    /// The connection that the response has turned into.
    func process(_ framing: OutputDecoder.Framing) -> ProcessConnection {
        ProcessConnection(
            output: stream(OutputDecoder(framing)),
            write: { bytes in try await write(bytes) },
            closeInput: { try await connection.closeOutput() })
    }

    private func write(_ bytes: [UInt8]) async throws {
        do {
            try await connection.write(ByteBuffer(bytes: bytes))
        } catch let failure as TransportFailure {
            throw failure.error(of: call)
        }
    }
}

extension LogOptions {
    var query: [(name: String, value: String)] {
        var query = OutputStream.allCases.filter(streams.contains).map { (name: $0.rawValue, value: "1") }
        if follow { query.append(("follow", "1")) }
        if timestamps { query.append(("timestamps", "1")) }
        if let tail { query.append(("tail", "\(tail)")) }
        if let since { query.append(("since", since.unixParameter)) }
        if let until { query.append(("until", until.unixParameter)) }
        return query
    }
}
