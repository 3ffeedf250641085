import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Says why no connection could be made, and what to do about it.
enum ConnectFailure {
    static func sentence(for error: any Error, at address: EngineAddress, within timeout: Duration) -> String {
        "cannot connect to the engine at \(address): \(reason(for: error, at: address, within: timeout))"
    }

    private static func reason(for error: any Error, at address: EngineAddress, within timeout: Duration) -> String {
        switch error {
        case let error as IOError:
            return reason(errno: error.errnoCode, at: address)
        case let error as NIOConnectionError:
            if let error = error.connectionErrors.first?.error as? IOError {
                return reason(errno: error.errnoCode, at: address)
            }
            return "the host's name is not known"
        case let error as ChannelError:
            if case .connectTimeout = error { return "nothing answered within \(timeout)" }
            return "\(error)"
        case let error as SocketAddressError:
            if case .unixDomainSocketPathTooLong = error { return "the socket's path is too long" }
            return "\(error)"
        default:
            return "\(error)"
        }
    }

    private static func reason(errno code: CInt, at address: EngineAddress) -> String {
        switch code {
        case ENOENT: "there is no such socket; is the engine running?"
        case ECONNREFUSED: "nothing listens there; is the engine running?"
        case EACCES, EPERM: "permission denied; may this user open the socket?"
        case let code: String(cString: strerror(code))
        }
    }
}
