/// How an attached run ends, one signal after the other: first gently, then by force, then at once.
package struct StopSequence: Sendable, Equatable {
    package enum Input: Sendable, Equatable {
        case signal(Signal)
        /// The run is to end without a signal, because one of its containers has ended.
        case abort
        /// What was begun, gently or by force, is done.
        case finished
    }

    package enum Action: Sendable, Equatable {
        /// Stop the run's containers, each after those that depend on it.
        case stopGracefully
        /// Kill those that are left.
        case kill
        /// End the process, whatever is left; the journal remembers.
        case leave
        /// Everything was done.
        case end
    }

    /// How many signals lead from the first stop to the end at once.
    package static let steps = 3

    private enum Phase: Sendable { case running, stopping, killing, over }

    private var phase = Phase.running
    /// The first signal to end the run, nil where none has.
    package private(set) var signal: Signal?

    package init() {}

    /// What is to be done now, nil where nothing is.
    package mutating func handle(_ input: Input) -> Action? {
        switch input {
        case .signal(.windowChange): return nil
        case .signal(let signal):
            guard phase != .over else { return nil }
            if self.signal == nil { self.signal = signal }
            return escalate()
        case .abort: return phase == .running ? escalate() : nil
        case .finished:
            guard phase == .stopping || phase == .killing else { return nil }
            phase = .over
            return .end
        }
    }

    private mutating func escalate() -> Action? {
        switch phase {
        case .running:
            phase = .stopping
            return .stopGracefully
        case .stopping:
            phase = .killing
            return .kill
        case .killing:
            phase = .over
            return .leave
        case .over: return nil
        }
    }
}
