import Testing

@testable import ComposeSupervisor

@Suite struct StopSequenceTests {
    private func actions(_ inputs: [StopSequence.Input]) -> [StopSequence.Action?] {
        var sequence = StopSequence()
        return inputs.map { sequence.handle($0) }
    }

    @Test func goesFromGentleToForceToLeaving() {
        let interrupt = StopSequence.Input.signal(.interrupt)
        #expect(actions([interrupt, interrupt, interrupt, interrupt]) == [.stopGracefully, .kill, .leave, nil])
    }

    /// Every sequence of up to five inputs, against what the phases promise.
    @Test func holdsForEverySequenceOfInputs() {
        let inputs: [StopSequence.Input] = Signal.allCases.map { .signal($0) } + [.abort, .finished]
        var sequences: [[StopSequence.Input]] = [[]]
        var longest = sequences
        for _ in 0..<5 {
            longest = longest.flatMap { sequence in inputs.map { sequence + [$0] } }
            sequences += longest
        }
        #expect(sequences.count == 1 + 6 + 36 + 216 + 1296 + 7776)
        for inputs in sequences {
            var sequence = StopSequence()
            let actions = inputs.map { sequence.handle($0) }
            let acted = actions.compactMap(\.self)
            // Each at most once, in this order, and nothing after an end.
            let orders: [[StopSequence.Action]] = [
                [.stopGracefully, .end], [.stopGracefully, .kill, .end], [.stopGracefully, .kill, .leave],
            ]
            #expect(orders.contains { $0.starts(with: acted) }, "\(inputs)")
            // The first signal before the end is the one that is remembered.
            let end = actions.firstIndex(of: .end) ?? inputs.endIndex
            let first = inputs[..<end].lazy.compactMap(StopSequenceTests.endingSignal).first
            #expect(sequence.signal == first, "\(inputs)")
            // A window's size and an end of nothing bring nothing about.
            for (input, action) in zip(inputs, actions) where input == .signal(.windowChange) { #expect(action == nil) }
            if inputs.first == .finished { #expect(actions[0] == nil) }
        }
    }

    private static func endingSignal(_ input: StopSequence.Input) -> Signal? {
        guard case .signal(let signal) = input, signal != .windowChange else { return nil }
        return signal
    }

    @Test func abortsOnceAndLetsSignalsEscalate() {
        #expect(actions([.abort, .abort, .signal(.interrupt)]) == [.stopGracefully, nil, .kill])
        #expect(actions([.abort, .finished, .signal(.interrupt)]) == [.stopGracefully, .end, nil])
    }

    @Test func knowsTheExitCodes() {
        #expect(Signal.interrupt.exitCode == 130)
        #expect(Signal.terminate.exitCode == 143)
        #expect(Signal.hangup.exitCode == 129)
    }
}
