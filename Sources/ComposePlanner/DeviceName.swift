import ComposeModel

extension Device {
    /// Whether it is named as the Container Device Interface does, `vendor.com/class=name`, rather than by a path.
    var isNamedByInterface: Bool {
        guard source == target, let equals = source.firstIndex(of: "="), let slash = source.firstIndex(of: "/"),
            slash < equals
        else { return false }
        let (vendor, name) = (source[..<slash], source[source.index(after: equals)...])
        let kind = source[source.index(after: slash)..<equals]
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        func fits(_ text: Substring, inside: String, mayStartWithDigit: Bool = false) -> Bool {
            guard let first = text.utf8.first, let last = text.utf8.last else { return false }
            return (isLetter(first) || mayStartWithDigit && isDigit(first)) && (isLetter(last) || isDigit(last))
                && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || inside.utf8.contains($0) }
        }
        return fits(vendor, inside: "_-.") && fits(kind, inside: "_-")
            && fits(name, inside: "_-.:", mayStartWithDigit: true)
    }
}
