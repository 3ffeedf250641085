import EngineAPI
import SinkAPI
import Synchronization
import Testing

@testable import LogSpool

/// A power cut at any instant: what was not synced is gone, or there in part.
@Suite(.timeLimit(.minutes(5))) struct PowerCutTests {
    /// What an append was told, and how long the journal was then.
    private struct Confirmation {
        let range: ClosedRange<UInt64>
        let first: Int
        let acts: Int
    }

    private final class Confirmations: Sendable {
        let all = Mutex<[Confirmation]>([])
    }

    /// The files after a cut behind so many acts.
    private func files(
        after count: Int, of journal: [TestFiles.Act], keeping share: (Int) -> Int
    ) -> [String: [UInt8]] {
        var durable: [String: [UInt8]] = [:]
        var current: [String: [UInt8]] = [:]
        for act in journal[..<count] {
            switch act {
            case .create(let name): current[name] = []
            case .write(let name, let offset, let bytes): current[name]?.replaceSubrange(offset..., with: bytes)
            case .sync(let name): durable[name] = current[name]
            case .syncFolder: break
            case .truncate(let name, let size): current[name]?.removeSubrange(size...)
            case .remove(let name): (current[name], durable[name]) = (nil, nil)
            }
        }
        // Of what was not synced the disk has as much as it likes.
        for (name, bytes) in current {
            let synced = durable[name]?.count ?? 0
            guard bytes.count > synced else { continue }
            durable[name] = (durable[name] ?? []) + bytes[synced...].prefix(share(bytes.count - synced))
        }
        return durable
    }

    @Test func whatWasConfirmedIsThereAfterEveryCut() async throws {
        let source = try TemporaryFolder()
        let test = TestFiles()
        test.state.withLock { $0.keepsJournal = true }
        var options = SpoolOptions.small
        options.commitSize = 1000
        let spool = try await Spool.open(source.path, options: options, files: test)
        _ = try await spool.register("a", from: .oldest)
        let confirmations = Confirmations()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<3 {
                group.addTask {
                    for round in 0..<8 {
                        let first = task * 1000 + round * 20
                        // Large enough that each commit is due at once.
                        let range = try await spool.append(records(first..<first + 20))
                        guard let range else { continue }
                        let acts = test.journal.count
                        confirmations.all.withLock { $0.append(Confirmation(range: range, first: first, acts: acts)) }
                    }
                }
            }
            try await group.waitForAll()
        }
        await spool.close()
        let journal = test.journal
        #expect(confirmations.all.withLock(\.count) == 24 && test.syncs > 5)
        for cut in 0...journal.count {
            let target = try TemporaryFolder()
            _ = try SpoolFolder(target.path)
            let left = files(after: cut, of: journal) { Int.random(in: 0...$0) }
            for (name, bytes) in left { try target.write(bytes, to: name) }
            let (recovery, read, gaps) = try await target.recovered()
            #expect(gaps.isEmpty && recovery.report.lostRecords == 0, "cut \(cut)")
            let found = Dictionary(uniqueKeysWithValues: read.map { ($0.sequence, $0) })
            for confirmation in confirmations.all.withLock({ $0 }) where confirmation.acts <= cut {
                for (offset, sequence) in confirmation.range.enumerated() {
                    #expect(found[sequence]?.isSame(as: record(confirmation.first + offset)) == true, "cut \(cut)")
                }
            }
        }
    }
}
