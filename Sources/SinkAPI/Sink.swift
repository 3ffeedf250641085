/// Where records are delivered to.
///
/// A sink is written once for one protocol, and knows nothing of queues, retries and cursors: the shipper hands it one
/// batch after another, keeps what is not acknowledged, and hands it over again when the sink says so.
public protocol Sink: Sendable {
    /// How records are to be put together for it.
    var limits: BatchLimits { get }

    /// Delivers a batch and returns when the receiver has acknowledged it, by whatever its protocol means by that.
    ///
    /// It may be called up to ``BatchLimits/window`` times at once, for one batch after another; those that are under way
    /// together may be acknowledged in any order, and one that is sent again may come behind others. A sink whose receiver
    /// needs the order has a window of 1. It is called again with an equal batch after it threw
    /// ``SinkFailure/unavailable(_:retryAfter:)``, and after a crash. It ends early, by throwing `CancellationError`, when
    /// its task is cancelled.
    ///
    /// - Returns: the records that the receiver refused for good, by their sequence; all others it has.
    /// - Throws: ``SinkFailure`` when nothing is acknowledged.
    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String]

    /// Tries, without a record, what can be tried: resolves, connects, authenticates. Reports each step to `step` when it
    /// has succeeded, and throws what the first one that fails says.
    func check(_ step: @Sendable (String) async -> Void) async throws

    /// Closes its connections; called once, when nothing is under way any more.
    func shutDown() async
}

/// How records are put together to a batch: whichever limit is reached first ends it.
public struct BatchLimits: Sendable, Equatable {
    /// Of the lines' bytes.
    public var bytes: Int
    /// Of records.
    public var count: Int
    /// How long the oldest record may wait for company.
    public var age: Duration
    /// How many batches may be under way at once; 1 keeps their order.
    public var window: Int

    /// Limits that suit most receivers: a mebibyte, 5,000 records, a second, four at once.
    public init(bytes: Int = 1 << 20, count: Int = 5000, age: Duration = .seconds(1), window: Int = 4) {
        self.bytes = bytes
        self.count = count
        self.age = age
        self.window = window
    }
}

/// Why a batch is not acknowledged, and so what becomes of it. The sentence is for people and holds no secret.
public enum SinkFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The receiver cannot be reached, is busy or did not answer: the same batch again, later, for ever.
    case unavailable(String, retryAfter: Duration? = nil)
    /// The receiver takes no batch of this size, or refuses something in it without saying what: it is divided, until a
    /// single record that is refused is a dead letter.
    case refused(String)
    /// The receiver does not know us or what we ask for (a wrong token, a missing index): nothing is lost for that. It is
    /// tried again, seldom, and people are told.
    case misconfigured(String)

    /// The sentence.
    public var description: String {
        switch self {
        case .unavailable(let reason, _), .refused(let reason), .misconfigured(let reason): reason
        }
    }
}
