import EngineAPI
import NIOHTTP1
import SinkAPI
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#endif

/// Sends to Splunk's HTTP Event Collector: `hec+https://HOST:8088?token=TOKEN`; a path in the URL stands before
/// `/services/collector`.
///
/// | setting | what it is |
/// |---|---|
/// | `ack` | `true`: wait until the indexers have it, for a token with indexer acknowledgement |
/// | `ack_timeout`, `ack_interval` | how long, 60 s, and how often it is asked, 500 ms |
/// | `index`, `host`, `source`, `sourcetype` | of the events; the container's name is the source, `container` the type |
/// | `fields`, `rename.FACT` | indexed fields; all but the time and the message unless told otherwise |
/// | `parse` | `json`: a line that is an object is the event itself |
///
/// and ``HTTPSettings``. Without `ack`, an acknowledgement says only that the events are valid, and what Splunk loses then is
/// lost. With it, a batch whose acknowledgement is lost on the way (each status can be read once) or whose channel the server
/// has forgotten is sent again: Splunk keeps both, and the field `uid` tells. An empty line, which HEC does not take, is sent
/// as the object `{"message":""}`.
struct HECSink: Sink, SinkKind {
    static let scheme = "hec"
    static let form = "hec+http[s]://HOST[:8088]?token=TOKEN"
    static let summary = "Splunk's HTTP Event Collector"
    static func make(_ location: SinkLocation) throws -> any Sink { try HECSink(location) }

    let limits = BatchLimits()
    private let http: HTTPDelivery
    private let prefix: String
    private let form: HECEvents.Form
    private let acknowledgement: Acknowledgement?

    /// How acknowledgements are waited for.
    private struct Acknowledgement {
        let timeout: Duration
        let interval: Duration
        /// Names our requests to the server; another is taken when it has forgotten this one.
        let channel: Channel
    }

    private final class Channel: Sendable {
        private let identifier = Mutex(UUID().uuidString)
        var name: String { identifier.withLock { $0 } }
        func renew() { identifier.withLock { $0 = UUID().uuidString } }
    }

    init(_ location: SinkLocation) throws(SinkConfigurationError) {
        var settings = SinkSettings(location)
        http = HTTPDelivery(
            try HTTPSettings(location, &settings, defaultPort: 8088, authorization: .word("Splunk")))
        let path = location.path.hasSuffix("/") ? String(location.path.dropLast()) : location.path
        prefix = PercentEncoding.encode(path, keepingSlashes: true) + "/services/collector"
        var form = HECEvents.Form()
        for name in HECEvents.Form.settings { form.constants[name] = settings.string(name) }
        form.fields = try RecordFields(&settings, defaults: form.fields)
        form.parsesLines = try settings.choice("parse", of: LineParsing.self) == .json
        self.form = form
        let timeout = try settings.duration("ack_timeout") ?? .seconds(60)
        let interval = try settings.duration("ack_interval") ?? .milliseconds(500)
        acknowledgement =
            try settings.flag("ack") == true
            ? Acknowledgement(timeout: timeout, interval: interval, channel: Channel()) : nil
        try settings.finish()
    }

    func deliver(_ batch: RecordBatch) async throws -> [UInt64: String] {
        let channel = acknowledgement?.channel.name
        let answer = try await http.answer(to: request("/event", HECEvents.body(batch, form: form), channel: channel))
        if let failure = failure(of: answer) { throw failure }
        guard let acknowledgement, let channel else { return [:] }
        guard let number = HECAnswer(answer.body)?.ackId else {
            throw SinkFailure.misconfigured(
                "\(place): the token has no indexer acknowledgement, so \"ack\" cannot be true")
        }
        try await wait(for: number, on: channel, acknowledgement)
        return [:]
    }

    /// Sends no event, which is refused, but only to those it knows.
    func check(_ step: @Sendable (String) async -> Void) async throws {
        let probe = request("/event", [], channel: acknowledgement?.channel.name)
        let judge: (HTTPDelivery.Answer) -> SinkFailure? = { answer in
            guard let failure = failure(of: answer) else { return nil }
            if case .refused = failure { return nil }
            return failure
        }
        try await http.check(probe, judge: judge, step)
    }

    func shutDown() async { await http.shutDown() }

    private var place: String { http.settings.location.text }

    private func request(_ path: String, _ body: [UInt8], channel: String?) -> HTTPDelivery.Request {
        var request = HTTPDelivery.Request(
            path: prefix + path, headers: ["Content-Type": "application/json"], body: body)
        if let channel { request.headers.add(name: "X-Splunk-Request-Channel", value: channel) }
        return request
    }

    /// What an answer means: some of HEC's codes with status 400 are about the token or the channel and not about events.
    private func failure(of answer: HTTPDelivery.Answer) -> SinkFailure? {
        guard let failure = http.failure(of: answer) else { return nil }
        switch HECAnswer(answer.body)?.code {
        // No such index, no channel, acknowledgement disabled, authorization by query.
        case 7, 10, 14, 16: return .misconfigured(failure.description)
        case HECAnswer.unknownChannel: return .unavailable(failure.description)
        default: return failure
        }
    }

    /// Asks until the events are indexed; a question that is not answered is asked again.
    private func wait(for number: Int, on channel: String, _ acknowledgement: Acknowledgement) async throws {
        let end = ContinuousClock.now + acknowledgement.timeout
        var trouble = ""
        repeat {
            do {
                let question = request(
                    "/ack?channel=\(channel)", Array("{\"acks\":[\(number)]}".utf8), channel: channel)
                let answer = try await http.exchange(question)
                if HECAnswer(answer.body)?.code == HECAnswer.unknownChannel {
                    acknowledgement.channel.renew()
                    throw SinkFailure.refused("the channel is lost")
                }
                if let failure = failure(of: answer) { throw failure }
                if HECAnswer(answer.body)?.acks?["\(number)"] == true { return }
            } catch SinkFailure.unavailable(let reason, _) {
                trouble = ": \(reason)"
            } catch SinkFailure.refused {
                throw SinkFailure.unavailable("\(place) has lost the channel of our acknowledgements")
            }
            try await Task.sleep(for: acknowledgement.interval)
        } while ContinuousClock.now < end
        acknowledgement.channel.renew()
        throw SinkFailure.unavailable("\(place) did not acknowledge within \(acknowledgement.timeout)\(trouble)")
    }
}

/// An answer of HEC.
private struct HECAnswer: Decodable {
    /// "Invalid data channel".
    static let unknownChannel = 11

    var code: Int?
    var ackId: Int?
    var acks: [String: Bool]?

    init?(_ body: [UInt8]) {
        guard let answer = try? JSONDecoder().decode(HECAnswer.self, from: Data(body)) else { return nil }
        self = answer
    }
}
