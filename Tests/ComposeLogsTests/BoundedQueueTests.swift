import Testing

@testable import ComposeLogs

@Suite(.timeLimit(.minutes(5))) struct BoundedQueueTests {
    @Test func deliversInOrderAndEnds() async {
        let queue = BoundedQueue<Int>(capacity: 2)
        async let sent: Void = {
            for number in 0..<100 { await queue.send(number) }
            queue.finish()
        }()
        var received: [Int] = []
        while let number = await queue.next() { received.append(number) }
        await sent
        #expect(received == Array(0..<100))
        #expect(await queue.send(1) == false)
    }

    @Test func deliversWhatWasTakenBeforeTheEnd() async {
        let queue = BoundedQueue<Int>(capacity: 2)
        await queue.send(1)
        await queue.send(2)
        queue.finish()
        #expect(await queue.next() == 1)
        #expect(queue.remaining() == 2)
        #expect(queue.remaining() == nil)
        #expect(await queue.next() == nil)
    }

    @Test func turnsAwayWhoWaitsForRoom() async {
        let queue = BoundedQueue<Int>(capacity: 1)
        await queue.send(1)
        let waiting = Task { await queue.send(2) }
        waiting.cancel()
        #expect(await waiting.value == false)
        let late = Task { await queue.send(3) }
        queue.finish()
        #expect(await late.value == false)
        #expect(await queue.next() == 1)
        #expect(await queue.next() == nil)
    }

    @Test func letsACancelledReceiverGo() async {
        let queue = BoundedQueue<Int>(capacity: 1)
        let waiting = Task { await queue.next() }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }
}
