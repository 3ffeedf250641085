/// What people are told while records are shipped. The sentences hold no secret and no line.
package enum ShippingEvent: Sendable, Equatable, CustomStringConvertible {
    /// A receiver cannot be reached; told once until it is back.
    case unavailable(sink: String, reason: String)
    /// A receiver does not know us; told once until it does.
    case misconfigured(sink: String, reason: String)
    case recovered(sink: String)
    /// Records became dead letters.
    case refused(sink: String, records: Int, reason: String)
    /// The sink does not get records, because the spool does not have them any more.
    case lost(sink: String, records: UInt64)
    /// The oldest record that the sink has not acknowledged is so many seconds old.
    case behind(sink: String, seconds: Int)
    case caughtUp(sink: String)
    /// A sink is not wanted any more: what was kept for it is given up.
    case forgotten(sink: String, records: UInt64)
    /// The spool was opened, and did not have all that was written to it.
    case spoolDamaged(bytes: Int, records: UInt64, keptIn: String)
    /// The spool's index was of no use, and another one was begun.
    case indexSetAside(path: String)
    /// The spool takes no records, or gives none back.
    case spoolFails(reason: String)

    package var description: String {
        switch self {
        case .unavailable(let sink, let reason):
            "Log sink \(sink) is unavailable: \(reason). Its records are kept, and sent again until it has them."
        case .misconfigured(let sink, let reason):
            "Log sink \(sink) does not take records: \(reason). They are kept; correct its settings."
        case .recovered(let sink): "Log sink \(sink) takes records again."
        case .refused(let sink, let records, let reason):
            "Log sink \(sink) refused \(records) records for good: \(reason). They are kept as dead letters."
        case .lost(let sink, let records):
            "Log sink \(sink) does not get \(records) records: the spool does not have them any more."
        case .behind(let sink, let seconds): "Log sink \(sink) is \(seconds) seconds behind."
        case .caughtUp(let sink): "Log sink \(sink) is not behind any more."
        case .forgotten(let sink, let records):
            "Log sink \(sink) is not configured any more; \(records) records that it had not acknowledged are given up."
        case .spoolDamaged(let bytes, let records, let folder):
            "The log spool is damaged: \(bytes) bytes cannot be read, and \(records) records are lost. What is left of "
                + "the damaged parts is in \(folder)."
        case .indexSetAside(let path):
            "The log spool's index was damaged and was put aside as \(path). All that the spool has is sent again."
        case .spoolFails(let reason): reason
        }
    }
}
