import Testing

@testable import EngineTesting

@Suite struct BoundedLogTests {
    @Test func keepsPositionsWhileItDropsTheOldest() {
        var log = BoundedLog<Int>(limit: 4)
        for number in 0..<100 { log.append(number) }
        #expect(log.end == 100)
        #expect(log.elements.count >= 4 && log.elements.count <= 8)
        #expect(log.suffix(from: 97).map(Array.init) == [97, 98, 99])
        #expect(log.suffix(from: 100)?.isEmpty == true)
        #expect(log.suffix(from: 0) == nil)
    }
}
