/// A sequence that an engine produces while it is read: nothing is fetched that was not asked for, so a slow reader
/// slows the engine and fills no memory here.
///
/// One task may iterate it, once. It ends with nil when the engine ends the stream, throws ``EngineError`` when the
/// connection breaks and `CancellationError` when the reading task is cancelled.
public struct EngineStream<Element: Sendable>: AsyncSequence, Sendable {
    private let pull: @Sendable () async throws -> Element?

    /// Makes a stream from the function that delivers its next element.
    public init(_ pull: @escaping @Sendable () async throws -> Element?) { self.pull = pull }

    /// The stream's only iterator.
    public func makeAsyncIterator() -> Iterator { Iterator(pull: pull) }

    /// Delivers the elements in order.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async throws -> Element?
        /// The next element, nil at the end.
        public mutating func next() async throws -> Element? { try await pull() }
    }
}

/// Which of a container's outputs a chunk came from.
public enum OutputStream: String, Sendable, Codable, Hashable, CaseIterable {
    /// Standard output; everything a container with a terminal writes.
    case stdout
    /// Standard error.
    case stderr
}

/// A piece of a container's output, as the engine framed it: at most one line, or part of a long one.
public struct OutputFrame: Sendable, Equatable {
    /// Where it was written.
    public var stream: OutputStream
    /// The bytes, shared with the other frames of a batch. With timestamps asked for they begin with the engine's
    /// RFC 3339 time and a space.
    public var bytes: ArraySlice<UInt8>

    /// Makes a frame.
    public init(stream: OutputStream, bytes: ArraySlice<UInt8>) {
        self.stream = stream
        self.bytes = bytes
    }
}

/// A two-way connection to a process in a container: its output to read, its input to write.
public struct ProcessConnection: Sendable {
    /// The output in batches of what arrived together.
    public let output: EngineStream<[OutputFrame]>
    private let write: @Sendable ([UInt8]) async throws -> Void
    private let closeInput: @Sendable () async throws -> Void

    /// Makes a connection from its three parts.
    public init(
        output: EngineStream<[OutputFrame]>,
        write: @escaping @Sendable ([UInt8]) async throws -> Void,
        closeInput: @escaping @Sendable () async throws -> Void
    ) {
        self.output = output
        self.write = write
        self.closeInput = closeInput
    }

    /// Writes to the process's standard input; returns when the connection has taken the bytes.
    public func send(_ bytes: [UInt8]) async throws { try await write(bytes) }
    /// Ends the process's standard input; output still arrives.
    public func finishInput() async throws { try await closeInput() }
}
