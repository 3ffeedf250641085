import ComposeExecutor

/// What a person is told of a container that had to be killed.
enum UnheededStopText {
    static func text(_ stop: UnheededStop) -> String {
        let seconds = Int((stop.grace / .seconds(1)).rounded())
        let killed = "\(stop.container) was killed after \(seconds) s: "
        // Process 1 is exempt from the signals' default actions; under an init the program is not process 1.
        return stop.hasInit
            ? killed + "its process did not end on \(stop.signal); consider a longer \"stop_grace_period\" or another "
                + "\"stop_signal\""
            : killed + "its process 1 ignored \(stop.signal); consider \"init: true\" or \"stop_signal\""
    }
}
