/// A number of bytes as Compose writes it: `512`, `1.5g`, `64 MiB`; powers of 1024, -1 for without limit.
enum ByteCount {
    static func parse(_ text: String) -> Int64? {
        if let plain = Int64(text) { return plain }
        let bytes = text.utf8
        guard let end = bytes.lastIndex(where: { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else {
            return nil
        }
        let number = text[...end]
        var unit = text[bytes.index(after: end)...].lowercased()[...]
        if unit.first == " " { unit.removeFirst() }
        guard let first = number.utf8.first, (0x30...0x39).contains(first) || first == UInt8(ascii: "."),
            let value = Double(number), let scale = scale(of: unit)
        else { return nil }
        let total = value * scale
        guard total < 0x1p63 else { return nil }
        return Int64(total)
    }

    private static func scale(of unit: Substring) -> Double? {
        switch unit {
        case "", "b": 1
        case "k", "kb", "kib": 0x1p10
        case "m", "mb", "mib": 0x1p20
        case "g", "gb", "gib": 0x1p30
        case "t", "tb", "tib": 0x1p40
        case "p", "pb", "pib": 0x1p50
        default: nil
        }
    }
}
