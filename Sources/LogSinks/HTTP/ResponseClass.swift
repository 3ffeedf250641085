import EngineAPI
import NIOHTTP1

/// What an HTTP status says about the batch that was sent: one table for all receivers.
enum ResponseClass: Equatable {
    /// It has it.
    case taken
    /// Something in the batch, or its size, is not taken: it is divided.
    case refused
    /// It does not know us, or what we ask for.
    case misconfigured
    /// Not now; it may say for how long.
    case unavailable(retryAfter: Duration?)

    /// No receiver makes us wait longer than this at once, lest a wrong clock or a wrong header stops a sink for days.
    static let longestWait: Duration = .seconds(3600)

    /// The class of a status.
    init(status: Int, headers: HTTPHeaders, now: EngineTime) {
        switch status {
        case 200...299: self = .taken
        case 400, 409, 413, 422: self = .refused
        case 408, 425, 429, 500...599:
            let header = headers.first(name: "Retry-After")
            self = .unavailable(retryAfter: header.flatMap { ResponseClass.wait($0, now: now) })
        // 401, 403, 404 and whatever else is about the request and not about what it carries: a record is no less good
        // for a redirect elsewhere (3xx), a wrong method (405) or a wrong type (415).
        default: self = .misconfigured
        }
    }

    /// The wait that a `Retry-After` asks for (RFC 9110, section 10.2.3): seconds or a date; nil for neither.
    static func wait(_ header: String, now: EngineTime) -> Duration? {
        if let seconds = Int64(header) { return min(.seconds(max(0, seconds)), longestWait) }
        guard let date = httpDate(header) else { return nil }
        return min(.nanoseconds(max(0, date.nanoseconds - now.nanoseconds)), longestWait)
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form of date that senders may write (RFC 9110, section 5.6.7).
    private static func httpDate(_ text: String) -> EngineTime? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return EngineTime("\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}
