import SinkAPI

/// GELF over UDP: `gelf+udp://HOST[:12201]`. It is lossy by nature: what is sent counts as delivered.
///
/// Settings: those of ``GELFEncoder/Form``, `compress` (`gzip`, or `none`), `chunk_size` (the largest datagram in
/// bytes, 1420; a local network takes 8154). A longer object is sent in chunks; one that needs more than GELF allows is
/// a dead letter.
actor GELFDatagramSink: Sink {
    nonisolated let limits = BatchLimits.ordered
    private let sender: DatagramSender
    private let form: GELFEncoder.Form
    private let compression: Compression
    private let chunkSize: Int
    private var encoder: GELFEncoder?
    private var epoch = ""

    /// What passes through the internet undivided.
    private static let usualChunkSize = 1420
    private static let smallestChunkSize = 512
    /// GELF's specification: two bytes that mark a chunk, eight that name the object, the chunk's number and their
    /// count.
    private static let mark: [UInt8] = [0x1E, 0x0F]
    private static let headerLength = 12
    static let mostChunks = 128

    init(_ location: SinkLocation) throws {
        var settings = SinkSettings(location)
        sender = try DatagramSender(location, port: GELFSink.usualPort)
        form = try GELFEncoder.Form(&settings)
        compression = try settings.choice("compress") ?? .gzip
        chunkSize =
            try settings.integer("chunk_size", in: GELFDatagramSink.smallestChunkSize...DatagramSocket.largest)
            ?? GELFDatagramSink.usualChunkSize
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        if encoder == nil || epoch != batch.epoch {
            encoder = GELFEncoder(form, epoch: batch.epoch)
            epoch = batch.epoch
        }
        var datagrams: [UInt8] = []
        var ends: [Int] = []
        var refused: [UInt64: String] = [:]
        var object: [UInt8] = []
        for record in batch.records {
            object.removeAll(keepingCapacity: true)
            encoder?.append(record, to: &object)
            if compression == .gzip { object = try Gzip.compress(object) }
            let room = chunkSize - GELFDatagramSink.headerLength
            let count = object.count <= chunkSize ? 1 : (object.count + room - 1) / room
            guard count <= GELFDatagramSink.mostChunks else {
                refused[record.sequence] =
                    "the line needs \(count) datagrams of \(chunkSize) bytes, and GELF allows \(GELFDatagramSink.mostChunks)"
                continue
            }
            if count == 1 {
                datagrams += object
                ends.append(datagrams.count)
                continue
            }
            let name = (0..<8).map { _ in UInt8.random(in: .min ... .max) }
            for index in 0..<count {
                datagrams += GELFDatagramSink.mark + name + [UInt8(index), UInt8(count)]
                datagrams += object.dropFirst(index * room).prefix(room)
                ends.append(datagrams.count)
            }
        }
        try await sender.send(datagrams, ends: ends)
        return refused
    }

    func check(_ step: @Sendable (String) async -> Void) async throws { try await sender.check(step) }

    func shutDown() async { await sender.close() }
}
