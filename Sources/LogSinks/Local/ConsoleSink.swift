import SinkAPI

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// This process's own output: `console:`, `console:stderr`.
///
/// Settings: those of ``LineEncoder`` (`logfmt` unless it is said otherwise). Delivered is what the system has taken.
actor ConsoleSink: Sink {
    private nonisolated let executor = BlockingExecutor(label: "gantry.sink.console")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let limits = BatchLimits.ordered

    private let output: CInt
    private let name: String
    private var encoder: LineEncoder
    private var lines: [UInt8] = []

    /// - Parameter output: stands in for the stream that the URL names.
    init(_ location: SinkLocation, output: CInt? = nil) throws {
        var settings = SinkSettings(location)
        let name = location.path.isEmpty ? "stdout" : location.path
        guard location.transport.isEmpty, name == "stdout" || name == "stderr", location.host.isEmpty else {
            throw SinkConfigurationError("\(location.text): a console is \"console:stdout\" or \"console:stderr\"")
        }
        self.output = output ?? (name == "stdout" ? STDOUT_FILENO : STDERR_FILENO)
        encoder = LineEncoder(try LineEncoder.Form(&settings, default: .logfmt))
        self.name = name
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        lines.removeAll(keepingCapacity: true)
        encoder.append(batch, to: &lines)
        do {
            try PipeWriter.write(lines, to: output)
        } catch {
            throw SinkFailure.unavailable("cannot write to \(name): \(error)")
        }
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {
        guard fcntl(output, F_GETFL) >= 0 else { throw SinkFailure.unavailable("\(name) is closed") }
        await step("\(name) is open")
    }

    func shutDown() async {}
}

/// `console:`: see ``ConsoleSink``.
enum ConsoleSinkKind: SinkKind {
    static let scheme = "console"
    static let form = "console:[stderr]"
    static let summary = "this process's own output"
    static func make(_ location: SinkLocation) throws -> any Sink { try ConsoleSink(location) }
}
