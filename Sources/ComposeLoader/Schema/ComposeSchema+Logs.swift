extension ComposeSchema {
    /// Where the containers' output is shipped to. What sinks there are and what their settings mean is not the loader's
    /// to know: of them only the form is judged here.
    static let logs: Attribute = {
        let sink = Shape.short(.named("url"), of: .map(.anything))
        var attribute = Attribute(
            "logs",
            .nullable(
                .object(
                    [
                        Attribute("sinks", .map(sink)), Attribute("routes", .list(route)),
                        Attribute(
                            "metrics",
                            .object(
                                [
                                    Attribute("port", .integer(0...65535)), Attribute("address", .string),
                                    Attribute("token", .string),
                                ], allowsExtensions: false)),
                        Attribute(
                            "spool",
                            .object(
                                [Attribute("size", .bytes), Attribute("folder", .path)], allowsExtensions: false)),
                        Attribute("labels", .stringOrList()), rotation, capture,
                        Attribute("socket", .path),
                    ], allowsExtensions: false)))
        attribute.summary = "Where the containers' output is shipped to."
        return attribute
    }()

    private static let rotation: Attribute = {
        var attribute = Attribute("rotation", .boolean)
        attribute.summary = "Whether new containers of services without logging get files that are rotated."
        return attribute
    }()

    /// How the output is captured: of the project's services, and of one.
    static let capture: Attribute = {
        var attribute = Attribute("capture", .choice("logs", "attach", "forward"))
        attribute.summary = "How the output is captured for shipping."
        return attribute
    }()

    static let route = Shape.object(
        [
            Attribute("services", .stringOrList()), Attribute("labels", .keyValues),
            Attribute("streams", .stringOrList(.choice("stdout", "stderr"))),
            Attribute("levels", .stringOrList()), Attribute("include", .stringOrList()),
            Attribute("exclude", .stringOrList()), Attribute("sample", .number),
            Attribute("rate", .integer(1...Int.max)), Attribute("to", .stringOrList()),
            Attribute(
                "multiline",
                .object(
                    [
                        Attribute("start", .string), Attribute("continuation", .string),
                        Attribute("timeout", .duration), Attribute("lines", .integer(1...Int.max)),
                        Attribute("bytes", .bytes),
                    ], allowsExtensions: false)),
            Attribute("redact", .stringOrList()), Attribute("redact_keys", .stringOrList()),
            Attribute("redact_builtin", .stringOrList()),
        ], allowsExtensions: false)
}
