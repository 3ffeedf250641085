import NIOCore
import NIOPosix
import NIOSSL
import SinkAPI
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Why and when a connection ended: the first reason counts.
final class StreamEnding: Sendable {
    enum Reason: Sendable {
        case closedByReceiver
        case failed(any Error)
        /// We gave it up: what had not happened, and within which time.
        case timedOut(String, Duration)
        /// We need it no more.
        case closedByUs
    }

    private let first = Mutex<(reason: Reason, time: ContinuousClock.Instant)?>(nil)

    func note(_ reason: Reason) {
        first.withLock { if $0 == nil { $0 = (reason, .now) } }
    }

    /// When it ended; nil while it lives.
    var time: ContinuousClock.Instant? { first.withLock { $0?.time } }

    /// What broke it, if that is how it ended.
    var error: (any Error)? {
        guard case .failed(let error) = first.withLock({ $0?.reason }) else { return nil }
        return error
    }

    /// What is to be said of a connection to `name` that ended, or of `error` where it lives.
    func failure(at name: String, _ error: any Error) -> SinkFailure {
        if let failure = error as? SinkFailure { return failure }
        return switch first.withLock({ $0?.reason }) ?? .failed(error) {
        case .closedByReceiver, .closedByUs: .unavailable("\(name) closed the connection")
        case .timedOut(let what, let time): .unavailable("\(name) did not \(what) within \(time)")
        case .failed(let error): StreamEnding.failure(at: name, of: error)
        }
    }

    private static func failure(at name: String, of error: any Error) -> SinkFailure {
        switch error {
        case let error as NIOSSLError:
            if case .handshakeFailed(let reason) = error { return refusedByTLS(name, "\(reason)") }
            return .unavailable("the TLS connection to \(name) broke: \(error)")
        case let error as NIOSSLExtraError: return refusedByTLS(name, error.description)
        case let error as IOError:
            return .unavailable("the connection to \(name) broke: \(reason(errno: error.errnoCode))")
        case let error as ChannelError where error == .ioOnClosedChannel || error == .inputClosed || error == .eof:
            return .unavailable("\(name) closed the connection")
        default: return .unavailable("the connection to \(name) broke: \(error)")
        }
    }

    private static func refusedByTLS(_ name: String, _ error: String) -> SinkFailure {
        // BoringSSL's names for the usual reasons; its whole text tells where its own source lies.
        let reasons = [
            "CERTIFICATE_VERIFY_FAILED": "its certificate is of no authority that is trusted; see \"ca\"",
            "failedToValidateHostname": "its certificate is for another host; see \"server_name\"",
            "WRONG_VERSION_NUMBER": "it does not speak TLS",
            "CERTIFICATE_REQUIRED": "it demands a certificate of ours; see \"cert\" and \"key\"",
            "UNKNOWN_CA": "our certificate is of no authority that it trusts",
        ]
        let reason = reasons.sorted { $0.key < $1.key }.first { error.contains($0.key) }?.value
        let other = error.split(separator: "OPENSSL_internal:").last.map { String($0.prefix { $0 != " " }) } ?? error
        return .misconfigured("no TLS connection to \(name) can be agreed on: \(reason ?? other)")
    }

    /// What is to be said of `error`, which prevented a connection.
    static func failure(connectingTo name: String, _ error: any Error) -> SinkFailure {
        let reason =
            switch error {
            case let error as IOError: reason(errno: error.errnoCode)
            case let error as NIOConnectionError:
                if let first = error.connectionErrors.first?.error {
                    (first as? IOError).map { StreamEnding.reason(errno: $0.errnoCode) } ?? "\(first)"
                } else {
                    "the host's name is not known"
                }
            case ChannelError.connectTimeout(let time): "nothing answered within \(time.nanoseconds / 1_000_000) ms"
            case SocketAddressError.unixDomainSocketPathTooLong: "the socket's path is too long"
            default: "\(error)"
            }
        return .unavailable("cannot connect to \(name): \(reason)")
    }

    static func reason(errno code: CInt) -> String {
        switch code {
        case ENOENT: "there is no such socket"
        case ECONNREFUSED: "nothing listens there"
        case EACCES, EPERM: "permission denied"
        default: String(cString: strerror(code))
        }
    }
}
