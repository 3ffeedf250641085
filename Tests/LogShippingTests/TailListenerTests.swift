import EngineAPI
import FoundationEssentials
import Synchronization
import Testing

@testable import LogShipping

@Suite(.timeLimit(.minutes(1))) struct TailListenerTests {
    private let folder: TemporaryFolder
    /// Longer than the address of a socket may be.
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.url.path + "/" + String(repeating: "long", count: 40)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    private func ask(_ container: ContainerID, within limit: Duration = .seconds(50)) async -> TailRequest.Answer {
        await TailRequest.send(container, to: path, within: limit)
    }

    @Test func whoAsksLearnsWhetherTheLastLinesAreThere() async throws {
        let (asked, none) = (Signal(), Signal())
        let listener = try await TailListener(in: path) { container in
            switch container.rawValue {
            case "quick": return true
            case "late":
                asked.raise()
                await none.wait()
                return true
            default: return false
            }
        }
        #expect(await ask("quick") == .collected)
        #expect(await ask("other") == .missed)
        #expect(await ask("late", within: .milliseconds(1)) == .missed)
        let many = await withTaskGroup(of: TailRequest.Answer.self) { group in
            for _ in 0..<TailListener.mostConnections { group.addTask { await ask("quick") } }
            return await group.reduce(into: [TailRequest.Answer]()) { $0.append($1) }
        }
        #expect(many.allSatisfy { $0 == .collected })
        // Who waits when the shipper ends does not wait longer.
        async let last = ask("late")
        await asked.wait(past: 1)
        await listener.close()
        none.raise()
        _ = await last
        #expect(await ask("quick") == .nobody && !TailRequest.isPossible(in: path))
    }

    @Test func whatAKilledProcessLeftIsNobody() async throws {
        #expect(await ask("any") == .nobody)
        let listener = try await TailListener(in: path) { _ in true }
        let (socket, copy) = ("\(path)/\(TailListener.file)", "\(path)/copy")
        try FileManager.default.moveItem(atPath: socket, toPath: copy)
        await listener.close()
        try FileManager.default.moveItem(atPath: copy, toPath: socket)
        #expect(TailRequest.isPossible(in: path))
        #expect(await ask("any") == .nobody)
        let next = try await TailListener(in: path) { _ in true }
        #expect(await ask("any") == .collected)
        await next.close()
    }
}
