import NIOHTTP1
import Synchronization

/// Splunk's collector: strict about events, tokens and channels; an acknowledgement is there at the second question, can be
/// read once, and is the channel's own.
final class HECDouble: Sendable {
    private struct State {
        var next = 0
        /// By channel and number: how often it has been asked for.
        var pending: [String: Int] = [:]
        var forgets: Int
    }

    private let state: Mutex<State>
    private let acknowledges: Bool

    /// - Parameter forgets: how many questions are answered with "Invalid data channel", since the server has begun anew.
    private init(acknowledges: Bool, forgets: Int) {
        self.acknowledges = acknowledges
        state = Mutex(State(forgets: forgets))
    }

    static func make(token: String, acknowledges: Bool = false, forgets: Int = 0) async throws -> HTTPDouble {
        let collector = HECDouble(acknowledges: acknowledges, forgets: forgets)
        return try await HTTPDouble { request, store in
            guard request.headers["Authorization"] == ["Splunk \(token)"] else {
                return .init(403, #"{"text":"Invalid token","code":4}"#)
            }
            switch (request.method, request.path) {
            case (.POST, "/services/collector/event"): return collector.event(request, &store)
            case (.POST, "/services/collector/ack"): return collector.ack(request)
            default: return .init(404, #"{"text":"The requested URL was not found","code":404}"#)
            }
        }
    }

    private func event(
        _ request: HTTPTestServer.Request, _ store: inout HTTPDouble.Store
    ) -> HTTPTestServer.Response {
        let channel = request.headers.first(name: "X-Splunk-Request-Channel")
        if acknowledges, channel?.utf8.count != 36 {
            return .init(400, #"{"text":"Data channel is missing","code":10}"#)
        }
        guard !request.body.isEmpty else { return .init(400, #"{"text":"No data","code":5}"#) }
        guard let events = request.body.ndjson else { return .init(400, #"{"text":"Invalid data format","code":6}"#) }
        var records: [ReceivedRecord] = []
        for event in events {
            guard let time = event["time"]?.number, time > 1_700_000_000, let fields = event["fields"]?.object,
                fields.values.allSatisfy({ $0.string != nil }), let uid = fields["uid"]?.string
            else { return .init(400, #"{"text":"Invalid data format","code":6}"#) }
            guard let line = event["event"]?.bytes ?? event["event"]?["message"]?.bytes, event["event"]?.string != ""
            else {
                return .init(400, #"{"text":"Event field cannot be blank","code":13}"#)
            }
            if String(decoding: line, as: UTF8.self).contains(SinkUnderTest.refusedMark) {
                return .init(400, #"{"text":"Error in handling indexed fields","code":15}"#)
            }
            records.append(ReceivedRecord(uid: uid, line: line))
        }
        for record in records { store.append(record) }
        guard acknowledges, let channel else { return .init(200, #"{"text":"Success","code":0}"#) }
        return state.withLock { state in
            state.next += 1
            state.pending["\(channel) \(state.next)"] = 0
            return .init(200, #"{"text":"Success","code":0,"ackId":\#(state.next)}"#)
        }
    }

    private func ack(_ request: HTTPTestServer.Request) -> HTTPTestServer.Response {
        guard acknowledges else { return .init(400, #"{"text":"ACK is disabled","code":14}"#) }
        guard let channel = request.headers.first(name: "X-Splunk-Request-Channel"),
            request.query == "channel=\(channel)", let acks = JSONValue.parse(request.body)?["acks"]?.array
        else { return .init(400, #"{"text":"Data channel is missing","code":10}"#) }
        return state.withLock { state in
            if state.forgets > 0 {
                state.forgets -= 1
                state.pending = [:]
                return .init(400, #"{"text":"Invalid data channel","code":11}"#)
            }
            let answers = acks.compactMap { $0.number }.map { number in
                let name = "\(channel) \(Int(number))"
                let asked = state.pending[name]
                state.pending[name] = asked == 0 ? 1 : nil
                return "\"\(Int(number))\":\(asked == 1)"
            }
            return .init(200, #"{"acks":{\#(answers.joined(separator: ","))}}"#)
        }
    }
}
