import EngineAPI
import FoundationEssentials
import LogProcessing
import LogSpool
import Metrics
import SinkAPI
import Synchronization
import Testing

@testable import LogShipping

/// A folder that goes with the value.
final class TemporaryFolder: Sendable {
    let url: URL
    var spool: String { url.appending(path: "spool").path }

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// Waits end at once, but for those of certain lengths, which end when the test says so. All are written down.
final class TestClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration = .zero
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let held: [Duration: Signal]
    private let waits = Mutex<[Duration]>([])

    init(holding durations: [Duration] = []) {
        // The interval of measuring, and the time for closing.
        held = Dictionary(uniqueKeysWithValues: ([.seconds(1), .seconds(5)] + durations).map { ($0, Signal()) })
    }

    var now: Instant { Instant() }
    var minimumResolution: Duration { .zero }
    /// What was waited for, but for what is held.
    var waited: [Duration] { waits.withLock { $0 } }

    /// Ends the waits of this length that have begun.
    func release(_ duration: Duration) { held[duration]?.raise() }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        if let signal = held[deadline.offset] {
            await signal.wait(past: signal.count)
        } else {
            waits.withLock { $0.append(deadline.offset) }
            await Task.yield()
        }
        try Task.checkCancellation()
    }
}

/// Waits until `condition` holds; the suite's time limit ends it otherwise.
func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// What a receiver has, over all shippers that deliver to it. It knows records by their identifiers.
final class Receiver: Sendable {
    struct State {
        var lines: [String: String] = [:]
        var order: [String] = []
        /// The records of each batch that came, by its name.
        var batches: [String: [LogRecord]] = [:]
        var changedBatches: [String] = []
        var attempts = 0
        var underWay = 0
        var mostUnderWay = 0
        var handedOver = 0
    }

    let state = Mutex(State())
    let arrived = Signal()

    var lines: [String] { state.withLock { state in state.order.compactMap { state.lines[$0] } } }
    var attempts: Int { state.withLock { $0.attempts } }

    func accept(_ batch: RecordBatch, except refused: [UInt64: String] = [:]) {
        state.withLock { state in
            for record in batch.records where refused[record.sequence] == nil {
                let uid = batch.uid(of: record)
                if state.lines.updateValue(record.text, forKey: uid) == nil { state.order.append(uid) }
            }
        }
        arrived.raise()
    }

    /// Returns when so many records are there.
    func has(_ count: Int) async throws {
        while true {
            try Task.checkCancellation()
            let seen = arrived.count
            if state.withLock({ $0.lines.count }) >= count { return }
            await arrived.wait(past: seen)
        }
    }
}

/// A sink that does what the test says, attempt by attempt.
final class ScriptedSink: Sink {
    enum Act: Sendable {
        case accept
        case refuse([UInt64: String])
        case fail(SinkFailure)
        /// The receiver has it, and the answer is lost.
        case loseAnswer
        /// Waits until the test lets it go, and accepts.
        case stall(Signal)
    }

    let limits: BatchLimits
    private let receiver: Receiver
    private let act: @Sendable (RecordBatch, _ attempt: Int) -> Act

    init(
        _ receiver: Receiver, limits: BatchLimits = BatchLimits(bytes: 4000, count: 20, age: .zero, window: 3),
        _ act: @escaping @Sendable (RecordBatch, Int) -> Act = { _, _ in .accept }
    ) {
        self.receiver = receiver
        self.limits = limits
        self.act = act
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        let attempt = receiver.state.withLock { state in
            state.attempts += 1
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
            if let before = state.batches[batch.id], before != batch.records { state.changedBatches.append(batch.id) }
            state.batches[batch.id] = batch.records
            return state.attempts
        }
        defer { receiver.state.withLock { $0.underWay -= 1 } }
        switch act(batch, attempt) {
        case .accept: receiver.accept(batch)
        case .refuse(let refused):
            receiver.accept(batch, except: refused)
            return refused
        case .fail(let failure): throw failure
        case .loseAnswer:
            receiver.accept(batch)
            throw SinkFailure.unavailable("no answer")
        case .stall(let signal):
            await signal.wait()
            try Task.checkCancellation()
            receiver.accept(batch)
        }
        return [:]
    }

    func check(_ step: @Sendable (String) async -> Void) async throws {}
    func shutDown() async {}
}

let web = LogSource(container: "0123456789abcdef", name: "shop-web-1", project: "shop", service: "web")
let db = LogSource(container: "fedcba9876543210", name: "shop-db-1", project: "shop", service: "db")

/// Every third line is db's; lengths vary.
func records(_ numbers: Range<Int>, padding: Int = 0) -> [LogRecord] {
    numbers.map { number in
        let line = "line \(number) " + String(repeating: "x", count: number % 23 + padding)
        return LogRecord(
            source: number % 3 == 0 ? db : web, stream: .stdout,
            time: EngineTime(nanoseconds: 1_700_000_000_000_000_000 + Int64(number) * 1_000_000),
            line: Array(line.utf8)[...])
    }
}

extension LogRecord {
    var text: String { String(decoding: line, as: UTF8.self) }
}

/// The numbers of ``records(_:padding:)``.
func numbers(_ lines: [String]) -> [Int] { lines.compactMap { Int($0.split(separator: " ").dropFirst().first ?? "") } }

extension SpoolOptions {
    static var small: SpoolOptions {
        var options = SpoolOptions()
        options.segmentSize = 4 << 10
        options.bound = 1 << 20
        options.commitInterval = .zero
        options.emergencySize = 64 << 10
        options.keptTail = 0
        return options
    }
}

/// One shipper after another over one folder, and what people are told.
final class Harness: Sendable {
    let folder: TemporaryFolder
    let clock: TestClock
    let registry = PrometheusRegistry()
    let events = Mutex<[ShippingEvent]>([])
    let time = Mutex(EngineTime(nanoseconds: 1_700_000_000_000_000_000))
    private let make: @Sendable (SinkLocation) throws -> any Sink

    init(
        _ clock: TestClock = TestClock(), make: @escaping @Sendable (SinkLocation) throws -> any Sink
    ) throws {
        folder = try TemporaryFolder()
        self.clock = clock
        self.make = make
    }

    var context: ShippingContext {
        ShippingContext(
            make: make, clock: clock, now: { self.time.withLock { $0 } }, metrics: registry,
            report: { event in self.events.withLock { $0.append(event) } })
    }

    /// Opens the spool as soon as what a crash left of the process before has gone.
    func open(_ plan: ShippingPlan, _ options: SpoolOptions = .small) async throws -> Shipper {
        while true {
            try Task.checkCancellation()
            do {
                return try await Shipper.open(folder.spool, plan: plan, options: options, context: context)
            } catch SpoolError.inUse {
                await Task.yield()
            }
        }
    }

    func told(_ event: ShippingEvent) -> Int { events.withLock { $0.filter { $0 == event }.count } }
}

/// A plan of sinks of these names, whose locations are `test:NAME`.
func plan(
    _ names: String..., settings: [String: String] = [:], routes: [ShippingPlan.Route] = []
) throws -> ShippingPlan {
    try ShippingPlan(
        sinks: names.map { name in
            try SinkPlan(name: name, location: SinkLocation(text: "test:\(name)", kind: name, settings: settings))
        }, routes: routes)
}
