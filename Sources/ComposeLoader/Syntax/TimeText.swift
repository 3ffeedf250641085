/// A date or a time that YAML found in unquoted text, as Docker Compose prints it.
enum TimeText {
    /// In the form of RFC 3339: `2001-12-14T21:59:43.1-05:00`. Without a time it is midnight, without a zone UTC.
    static func rfc3339(_ text: String) -> String {
        let parts = text.split(maxSplits: 1) { $0 == "T" || $0 == "t" || $0 == " " }
        let date = parts[0].split(separator: "-").map(padded).joined(separator: "-")
        guard parts.count == 2 else { return date + "T00:00:00Z" }
        let clock = parts[1].prefix { $0 != "Z" && $0 != "+" && $0 != "-" }
        let zone = parts[1][clock.endIndex...]
        let isUniversal = zone.allSatisfy { "Z+-0:".contains($0) }
        let fractions = clock.split(maxSplits: 1) { $0 == "." || $0 == "," }
        var time = fractions[0].split(separator: ":").map(padded).joined(separator: ":")
        if fractions.count == 2 {
            let kept = fractions[1].reversed().drop { $0 == "0" }.reversed()
            if !kept.isEmpty { time += "." + String(kept) }
        }
        return date + "T" + time + (isUniversal ? "Z" : zone)
    }

    private static func padded(_ digits: Substring) -> String { digits.count == 1 ? "0" + digits : String(digits) }
}
