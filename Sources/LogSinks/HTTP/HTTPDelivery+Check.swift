import NIOCore
import NIOHTTP1
import NIOPosix
import SinkAPI

extension HTTPDelivery {
    /// Tries an endpoint that is known to take only `POST`: asks by `OPTIONS`, which changes nothing. Many say that they do
    /// not know that, or forbid it, and are there nevertheless.
    func checkByOptions(_ path: String, _ step: @Sendable (String) async -> Void) async throws {
        let judge: (Answer) -> SinkFailure? = { answer in
            switch answer.status {
            case 401, 407, 500, 502...599: self.failure(of: answer)
            default: nil
            }
        }
        try await check(Request(method: .OPTIONS, path: path), judge: judge, step)
    }

    /// Tries what can be tried without a record, and reports each step: the name, the connection with its TLS, and what
    /// the receiver says to `probe`, which carries nothing.
    ///
    /// - Parameter judge: what the answer to the probe means, nil where all is well; without it an endpoint that refuses
    ///   the probe for its lack of records (``ResponseClass/refused``) is there and knows us, and so is well.
    func check(
        _ probe: Request, judge: ((Answer) -> SinkFailure?)? = nil, _ step: @Sendable (String) async -> Void
    ) async throws {
        let (host, port) = (settings.host, settings.port)
        let address: SocketAddress
        do {
            // The system's resolver blocks.
            address = try await NIOThreadPool.singleton.runIfActive {
                try SocketAddress.makeAddressResolvingHost(host, port: port)
            }
        } catch { throw SinkFailure.unavailable("\(settings.location.text): no address is known for \(host)") }
        await step("\(host) is \(address.ipAddress ?? "\(address)")")
        let answer = try await exchange(probe)
        let trust = settings.verifiesCertificates ? "over TLS, its certificate is good" : "over TLS, UNVERIFIED"
        await step("connected to port \(port)\(settings.isSecure ? " \(trust)" : "")")
        if let failure = judge.map({ $0(answer) }) ?? failure(of: answer) {
            guard judge == nil, case .refused = failure else { throw failure }
        }
        await step("\(probe.method.rawValue) \(probe.path) is answered \(answer.status)")
    }
}
