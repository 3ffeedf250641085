import EngineAPI
import NIOCore
import Testing

@testable import DockerEngine

struct OutputDecoderTests {
    private func decode(_ pieces: [[UInt8]], _ framing: OutputDecoder.Framing = .multiplexed) throws -> [[OutputFrame]]
    {
        var decoder = OutputDecoder(framing)
        var batches: [[OutputFrame]] = []
        for piece in pieces {
            decoder.push(ByteBuffer(bytes: piece))
            while let batch = try decoder.next() { batches.append(batch) }
        }
        #expect(!decoder.isInsideElement)
        return batches
    }

    private func text(_ frames: [OutputFrame]) -> [String] {
        frames.map { "\($0.stream): \(String(decoding: $0.bytes, as: UTF8.self))" }
    }

    @Test func framesThatArriveTogetherAreOneBatchOfOneArray() throws {
        let batches = try decode([Stub.frame("one\n") + Stub.frame("two\n", stream: 2) + Stub.frame("three\n")])
        #expect(batches.map(text) == [["stdout: one\n", "stderr: two\n", "stdout: three\n"]])
        let starts = batches[0].map { frame in frame.bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        #expect(starts == [starts[0], starts[0] + 12, starts[0] + 24])
    }

    @Test func aFrameMaySplitAnywhere() throws {
        let whole = Stub.frame("one\n") + Stub.frame("", stream: 2) + Stub.frame("two\n", stream: 2)
        for cut in 0...whole.count {
            let batches = try decode([Array(whole[..<cut]), Array(whole[cut...])])
            #expect(text(batches.flatMap { $0 }) == ["stdout: one\n", "stderr: two\n"], "cut at \(cut)")
        }
        let batches = try decode(whole.map { [$0] })
        #expect(text(batches.flatMap { $0 }) == ["stdout: one\n", "stderr: two\n"])
    }

    @Test func aLongFrameComesInPieces() throws {
        let long = [UInt8](repeating: 7, count: OutputDecoder.longestPiece * 2 + 5)
        let frames = try decode([Stub.frame(long, stream: 2)]).flatMap { $0 }
        #expect(frames.map(\.bytes.count) == [OutputDecoder.longestPiece, OutputDecoder.longestPiece, 5])
        #expect(frames.allSatisfy { $0.stream == .stderr })
        #expect(frames.flatMap(\.bytes) == long)
    }

    @Test func aHugeLengthHoldsNoMemory() throws {
        var decoder = OutputDecoder(.multiplexed)
        decoder.push(ByteBuffer(bytes: [1, 0, 0, 0, 255, 255, 255, 255]))
        #expect(try decoder.next() == nil)
        for _ in 0..<100 {
            decoder.push(ByteBuffer(bytes: [UInt8](repeating: 1, count: OutputDecoder.longestPiece)))
            #expect(try decoder.next()?.count == 1)
        }
        #expect(decoder.isInsideElement)
    }

    @Test func bareBytesAreStandardOutput() throws {
        let batches = try decode([[1, 2, 3], [4]], .raw)
        #expect(batches.map { $0.map(\.bytes) } == [[[1, 2, 3]], [[4]]])
    }

    @Test func otherBytesAreNoFrames() {
        #expect(throws: TransportFailure.self) { try decode([Array("hello world\n".utf8)]) }
    }

    @Test func theEnginesOwnFailureIsThrown() {
        let error = #expect(throws: ReportedFailure.self) {
            try decode([Stub.frame("Error grabbing logs: invalid character", stream: 3)])
        }
        #expect(error?.message == "Error grabbing logs: invalid character")
    }
}
