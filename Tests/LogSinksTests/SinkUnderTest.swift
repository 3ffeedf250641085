import SinkAPI
import Testing

/// What a receiver's double has of a record.
struct ReceivedRecord: Sendable, Equatable {
    var uid: String
    var line: [UInt8]
}

/// What goes wrong with one exchange.
enum ReceiverFault: Sendable, Equatable {
    /// The receiver says, in its protocol's way, that it is busy.
    case busy(retryAfter: Int? = nil)
    /// The connection is reset before anything is stored.
    case resetBeforeStoring
    /// All is stored, and the connection is reset amid the answer.
    case resetAfterStoring
    /// It takes the exchange in and does nothing until ``ReceiverDouble/release()``.
    case hold
    /// All is stored, and the answer comes twice; over HTTP, where nobody reads a second one, once.
    case answerTwice
}

/// A receiver in this process, on a port of 127.0.0.1 that it keeps; stricter than the real one.
protocol ReceiverDouble: Sendable {
    var port: Int { get }
    /// All that is stored, in the order in which it came.
    var received: [ReceivedRecord] { get }
    /// Why requests were refused, in people's words: for the tests' messages.
    var complaints: [String] { get }
    /// Open connections, and exchanges that are held.
    var connections: Int { get }
    var held: Int { get }
    /// The next exchanges go wrong, each in its way.
    func fail(_ faults: ReceiverFault...)
    /// What is held goes on, as far as its connection still stands.
    func release()
    /// Closes the port and all connections; what is stored stays.
    func stop() async throws
    /// Opens the same port again.
    func start() async throws
}

/// A sink, a double of its receiver, and what can be expected of the two.
struct SinkUnderTest: Sendable, CustomTestStringConvertible {
    /// What the protocol between the two can do.
    struct Traits: OptionSet, Sendable {
        let rawValue: Int
        /// The receiver says that it has the records; without it, nothing that depends on that is asked.
        static let acknowledges = Traits(rawValue: 1)
        /// A busy receiver says for how long.
        static let tellsRetryAfter = Traits(rawValue: 2)
        /// The receiver knows its senders.
        static let authenticates = Traits(rawValue: 4)
        /// The receiver refuses a record whose line contains ``refusedMark``, alone or with its batch.
        static let refusesRecords = Traits(rawValue: 8)
        /// A record that comes again is not stored again.
        static let deduplicates = Traits(rawValue: 16)
        /// Connections are kept between batches.
        static let keepsConnections = Traits(rawValue: 32)
        /// The receiver can say that it is busy.
        static let saysBusy = Traits(rawValue: 64)
    }

    enum Credentials: Sendable { case right, wrong }

    /// The secrets that ``url`` is made with; no error may show them.
    static let password = "correct-horse-7f3a"
    static let wrongPassword = "wrong-horse-9b1c"
    static let refusedMark = "REFUSE-THIS"

    let testDescription: String
    let kind: any SinkKind.Type
    let traits: Traits
    /// A started receiver.
    let receiver: @Sendable () async throws -> any ReceiverDouble
    /// Its URL at a port.
    let url: @Sendable (_ port: Int, _ password: String) -> String
    var settings: [String: String] = [:]
    /// How a line arrives.
    var arrival: @Sendable ([UInt8]) -> [UInt8] = { Array(String(decoding: $0, as: UTF8.self).utf8) }

    init(
        _ name: String, kind: any SinkKind.Type, traits: Traits, settings: [String: String] = [:],
        arrival: (@Sendable ([UInt8]) -> [UInt8])? = nil,
        url: @escaping @Sendable (_ port: Int, _ password: String) -> String,
        receiver: @escaping @Sendable () async throws -> any ReceiverDouble
    ) {
        testDescription = name
        self.kind = kind
        self.traits = traits
        self.settings = settings
        if let arrival { self.arrival = arrival }
        self.url = url
        self.receiver = receiver
    }

    /// A sink for a receiver.
    ///
    /// - Parameter timeout: without one no receiver is given up, however slow the machine is.
    func sink(
        _ receiver: any ReceiverDouble, password: String = password, timeout: String = "3600s"
    ) throws -> any Sink {
        var settings = settings
        if traits.contains(.keepsConnections) { settings["timeout"] = timeout }
        return try kind.make(SinkLocation(parsing: url(receiver.port, password), settings: settings))
    }

    /// Runs `body` with a sink and its receiver, and closes both.
    func run(
        password: String = password, timeout: String = "3600s",
        _ body: (any Sink, any ReceiverDouble) async throws -> Void
    ) async throws {
        let receiver = try await receiver()
        let sink = try sink(receiver, password: password, timeout: timeout)
        do { try await body(sink, receiver) } catch {
            Issue.record(error, "\(receiver.complaints)")
        }
        await sink.shutDown()
        try await receiver.stop()
    }

    /// What of a batch should be stored.
    func expected(_ batch: RecordBatch) -> [ReceivedRecord] {
        batch.records.map { ReceivedRecord(uid: batch.uid(of: $0), line: arrival(Array($0.line))) }
    }
}
