import EngineAPI
import NIOCore
import NIOHTTP1
import Synchronization

/// Agrees on an API version with the engine, once, however many calls wait for it.
final class Negotiator: Sendable {
    /// The oldest API this client speaks: Docker 20.10's.
    static let oldest = APIVersion(1, 41)
    /// The newest API whose answers this client was written for: Docker 28.1's.
    static let newest = APIVersion(1, 49)

    private enum State {
        case unknown
        case asking(Asking, waiters: Int)
        case agreed(EnginePing)
    }

    private enum Entry {
        case asking(Asking)
        case agreed(EnginePing)
    }

    private struct Asking {
        var answer: EventLoopFuture<EnginePing>
        var task: Task<Void, Never>
    }

    private let eventLoop: any EventLoop
    private let state = Mutex(State.unknown)

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// The agreement; the first caller's `ask` makes it. A failure is told to all who wait, and the next caller asks
    /// again.
    func agreement(_ ask: @escaping @Sendable () async throws -> EnginePing) async throws -> EnginePing {
        switch join(ask) {
        case .agreed(let ping):
            return ping
        case .asking(let asking):
            defer { leave(asking) }
            return try await asking.answer.cancellableValue()
        }
    }

    /// Keeps an agreement that was made otherwise.
    func remember(_ ping: EnginePing) { state.withLock { $0 = .agreed(ping) } }

    /// The newest version that both sides speak, from the head of the answer to a ping.
    static func agreement(with head: HTTPResponseHead, call: String) throws -> EnginePing {
        guard let text = head.headers.first(name: "API-Version"), let theirs = APIVersion(text) else {
            throw EngineError(
                .invalidResponse, call: call,
                message: "what answers at this address is not a container engine: it names no API version")
        }
        guard theirs >= oldest else {
            throw EngineError(
                .unsupported, call: call,
                message:
                    "the engine is too old: it speaks API \(theirs), and \(oldest) is needed (Docker 20.10 or newer)")
        }
        return EnginePing(
            apiVersion: min(theirs, newest), newestAPIVersion: theirs,
            operatingSystem: head.headers.first(name: "OSType") ?? "linux")
    }

    private func join(_ ask: @escaping @Sendable () async throws -> EnginePing) -> Entry {
        state.withLock { state in
            switch state {
            case .agreed(let ping):
                return .agreed(ping)
            case .asking(let asking, let waiters):
                state = .asking(asking, waiters: waiters + 1)
                return .asking(asking)
            case .unknown:
                let asking = begin(ask)
                state = .asking(asking, waiters: 1)
                return .asking(asking)
            }
        }
    }

    // The task belongs to all who wait: none of them may end it by being cancelled, so it is a child of none. The last
    // one to leave cancels it.
    private func begin(_ ask: @escaping @Sendable () async throws -> EnginePing) -> Asking {
        let promise = eventLoop.makePromise(of: EnginePing.self)
        let task = Task {
            do {
                let ping = try await ask()
                remember(ping)
                promise.succeed(ping)
            } catch {
                promise.fail(error)
            }
        }
        return Asking(answer: promise.futureResult, task: task)
    }

    // Whoever leaves while there is no agreement leaves a failure behind, or nobody who waits for one.
    private func leave(_ left: Asking) {
        let abandoned: Task<Void, Never>? = state.withLock { state in
            guard case .asking(let asking, let waiters) = state, asking.task == left.task else { return nil }
            guard waiters == 1 else {
                state = .asking(asking, waiters: waiters - 1)
                return nil
            }
            state = .unknown
            return asking.task
        }
        abandoned?.cancel()
    }
}
