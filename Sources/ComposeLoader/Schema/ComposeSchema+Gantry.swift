extension ComposeSchema {
    /// What Gantry alone reads. Docker Compose passes over all of it, so that a misspelt setting would do nothing and
    /// nobody would say so: it is checked like the rest.
    static let gantry = Shape.nullable(
        .object([ignore, logs], allowsExtensions: false))

    /// What Gantry alone reads of one service.
    static let serviceGantry = Shape.nullable(
        .object([onFileChange, onUnhealthy, serviceLogs], allowsExtensions: false))

    private static let serviceLogs: Attribute = {
        var attribute = Attribute("logs", .nullable(.object([capture], allowsExtensions: false)))
        attribute.summary = "How the containers' output is shipped."
        return attribute
    }()

    private static let onFileChange: Attribute = {
        var attribute = Attribute("on_file_change", .choice("recreate", "ignore"))
        attribute.summary = "What `up` does when a file that the service mounts has other content."
        return attribute
    }()

    private static let onUnhealthy: Attribute = {
        let action = Shape.choice("restart", "stop", "notify")
        var attribute = Attribute(
            "on_unhealthy",
            .short(
                .named("action"),
                of: .object(
                    [Attribute("action", action), Attribute("attempts", .integer(1...Int.max))], required: ["action"],
                    allowsExtensions: false)))
        attribute.summary = "What a supervised run does when the container becomes unhealthy."
        return attribute
    }()

    private static let ignore: Attribute = {
        var attribute = Attribute("ignore", .stringOrList(staysShort: true))
        attribute.knownValues = Trap.allCases.map(\.rawValue)
        attribute.summary = "The warnings that are not wanted, by name."
        return attribute
    }()
}
