extension ComposeSchema {
    /// What Gantry alone reads. Docker Compose passes over all of it, so that a misspelt setting would do nothing and
    /// nobody would say so: it is checked like the rest.
    static let gantry = Shape.nullable(
        .object(
            [
                ignore,
                // Read by nothing yet: any mapping will do.
                Attribute("logs", .map(.anything)),
            ], allowsExtensions: false))

    /// No setting of one service exists.
    static let serviceGantry = Shape.nullable(.object([], allowsExtensions: false))

    private static let ignore: Attribute = {
        var attribute = Attribute("ignore", .stringOrList(staysShort: true))
        attribute.knownValues = Trap.allCases.map(\.rawValue)
        attribute.summary = "The warnings that are not wanted, by name."
        return attribute
    }()
}
