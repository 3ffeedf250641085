import ArgumentParser

/// How long a command that stops containers may wait for them.
struct GraceOptions: ParsableArguments {
    @Option(
        name: [.customLong("timeout"), .customShort("t")],
        help: ArgumentHelp("Seconds before a container is killed; default: its own, else 10.", valueName: "seconds"))
    var timeout: Int?
}

/// How long a command that brings up may wait.
struct PatienceOptions: ParsableArguments {
    @Option(
        name: .customLong("wait-timeout"),
        help: ArgumentHelp("Seconds that any wait may last; default: 1800.", valueName: "seconds"))
    var waitTimeout: Int?
}

/// How long a command that brings up and stops may wait.
struct TimeLimitOptions: ParsableArguments {
    @OptionGroup var patience: PatienceOptions
    @OptionGroup var grace: GraceOptions

    var waitTimeout: Int? { patience.waitTimeout }
    var timeout: Int? { grace.timeout }
}
