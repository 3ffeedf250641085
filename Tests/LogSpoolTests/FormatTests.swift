import EngineAPI
import SinkAPI
import Testing

@testable import LogSpool

@Suite(.timeLimit(.minutes(5))) struct FormatTests {
    @Test func theChecksumIsTheStandards() {
        // RFC 3720, appendix B.4, and the check value of the algorithm's catalogue.
        let cases: [([UInt8], UInt32)] = [
            ([], 0), (Array("123456789".utf8), 0xE306_9283), ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
        ]
        for (bytes, checksum) in cases { #expect(bytes.withUnsafeBytes { CRC32C.checksum($0) } == checksum) }
    }

    @Test func namesAndHeadersComeBack() throws {
        let name = SegmentName(first: 4711, epoch: 0x5F3C)
        #expect(name.text == "00000000000000004711-00005f3c.segment")
        #expect(SegmentName(name.text) == name)
        for text in ["1-5f3c.segment", "00000000000000004711-00005F3C.segment", "x.segment", ""] {
            #expect(SegmentName(text) == nil)
        }
        let header = SegmentHeader(first: 7, previousEnd: 5)
        #expect(SegmentHeader(header.bytes) == header)
        for index in header.bytes.indices {
            var bytes = header.bytes
            bytes[index] ^= 0x10
            #expect(SegmentHeader(bytes) == nil)
        }
    }

    @Test func sourcesComeBack() {
        for source in [web, db] {
            let bytes = SourceDescription.encode(source)
            let copy = SourceDescription.decode(bytes[...])
            #expect(copy.map { SourceDescription.encode($0) } == bytes)
            for count in 0..<bytes.count { #expect(SourceDescription.decode(bytes[..<count]) == nil) }
        }
    }

    /// What a scanner takes for records in bytes.
    private func sequences(_ bytes: [UInt8], seed: UInt32, first: UInt64 = 1) -> [UInt64] {
        var scanner = SegmentScanner(seed: seed, first: first)
        return bytes.withUnsafeBytes { raw in
            var (position, found): (Int, [UInt64]) = (0, [])
            while true {
                switch scanner.step(raw, at: position, isWhole: true) {
                case .record(let header, let payload):
                    found.append(header.sequence)
                    position = payload.upperBound
                case .damaged(let range): position = range.upperBound
                case .incomplete, .end: return found
                }
            }
        }
    }

    private func encoded(_ sequence: UInt64, _ payload: [UInt8], seed: UInt32) -> [UInt8] {
        let header = RecordHeader(kind: .line, sequence: sequence, reference: 0, length: payload.count)
        var bytes = [UInt8](repeating: 0, count: header.total)
        bytes.withUnsafeMutableBytes { target in
            payload.withUnsafeBytes { payload in
                if let base = target.baseAddress { header.encode(payload, seed: seed, to: base) }
            }
        }
        return bytes
    }

    @Test func whatALineSaysIsNoRecordWithoutTheEpoch() {
        for (seed, found) in [(9, [2, 3]), (7, [1, 2, 3])] as [(UInt32, [UInt64])] {
            // Its own header is damaged, so that its line is looked through; it has a record's bytes in it.
            var first = encoded(1, encoded(1, [1], seed: seed), seed: 7)
            first[20] ^= 1
            let bytes = first + encoded(2, [3], seed: 7) + encoded(3, [4], seed: 7)
            #expect(sequences(bytes, seed: 7) == found)
        }
    }

    @Test func anyBytesAreScannedToTheirEnd() {
        var random = SystemRandomNumberGenerator()
        let whole = (1...20).flatMap { encoded($0, [UInt8](repeating: 0xF5, count: Int($0)), seed: 3) }
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            let found = sequences(bytes, seed: 3)
            #expect(
                found == found.sorted() && Set(found).count == found.count && found.allSatisfy { (1...20).contains($0) }
            )
        }
    }

    @Test func identitiesTellLinesApart() {
        var identities: Set<RecordIdentity> = []
        let time = EngineTime(nanoseconds: 1)
        for length in 0..<40 {
            for byte in [0, 1, 255] as [UInt8] {
                let line = [UInt8](repeating: byte, count: length)
                for stream in OutputStream.allCases {
                    identities.insert(
                        RecordIdentity(LogRecord(source: web, stream: stream, time: time, line: line[...])))
                }
            }
        }
        #expect(identities.count == (39 * 3 + 1) * 2)
    }
}
