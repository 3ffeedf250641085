/// Numbers of bytes as people read them.
enum ByteText {
    /// Three figures with a decimal unit: `1.25MB`.
    static func text(_ bytes: Int64) -> String {
        var value = Double(bytes)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB"]
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        if unit == 0 { return "\(bytes)B" }
        let digits = value < 10 ? 100.0 : value < 100 ? 10.0 : 1.0
        let rounded = (value * digits).rounded() / digits
        let text = rounded == rounded.rounded() ? String(Int64(rounded)) : String(rounded)
        return text + units[unit]
    }
}
