/// Services that write lines for ``NumberedLines``, as parts of a Compose file.
enum LogWriter {
    /// Writes some thousand lines a second on both streams until it is told to stop.
    static func steady(_ name: String, driver: String = "json-file") -> String {
        let script =
            "trap 'stop=1' TERM; i=0; while [ -z \"$$stop\" ]; do \(printing("50", from: "$$i", of: name)); "
            + "i=$$((i + 50)); usleep 40000; done"
        return service(name, driver: driver, script)
    }

    /// Writes `count` lines on each stream, then `ready`, and as many lines more when it is told to stop.
    ///
    /// - Parameter padding: how many bytes each line has behind its number.
    static func bursting(
        _ name: String, _ count: Int, padding: Int = 0, driver: String = "json-file"
    ) -> String {
        let padding = String(repeating: "x", count: padding)
        let script =
            "trap 'stop=1' TERM; \(printing("\(count)", of: name, padding)); "
            + "echo ready; while [ -z \"$$stop\" ]; do usleep 20000; done; "
            + printing("\(count)", from: "\(count)", of: name, padding)
        return service(name, driver: driver, script)
    }

    /// The lines of ``bursting(_:_:driver:)`` that has come to its end.
    static func burst(_ name: String, _ count: Int) -> NumberedLines {
        var lines = NumberedLines()
        for number in 0..<2 * count { lines.take("#\(name) out \(number)##\(name) err \(number)#".utf8) }
        return lines
    }

    private static func printing(
        _ count: String, from first: String = "0", of name: String, _ padding: String = ""
    ) -> String {
        let end = "# secret\(padding)\""
        return "awk -v n=\(first) -v c=\(count) 'BEGIN { for (i = n; i < n + c; i++) { "
            + "print \"#\(name) out \" i \"\(end); print \"#\(name) err \" i \"\(end) > \"/dev/stderr\" } }'"
    }

    private static func service(_ name: String, driver: String, _ script: String) -> String {
        """
          \(name):
            image: busybox
            init: true
            logging: {driver: \(driver)}
            stop_grace_period: 30s
            environment: {VERSION: "$VERSION"}
            command:
              - sh
              - -c
              - |
                \(script)
        """
    }
}
