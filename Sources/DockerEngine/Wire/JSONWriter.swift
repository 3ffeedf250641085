/// What a request's body is made of.
///
/// Bodies write themselves: a synthesized `Encodable` asks the runtime for each field's type and conformances, which was a
/// tenth of all that `up` computes.
protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

/// Writes JSON in UTF-8 without white space. Bodies add their fields in the order of their names, so that the same call
/// gives the same bytes.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    /// Writes an object whose fields `add` adds.
    mutating func object(_ add: (inout JSONWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        add(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Adds a field to the object that is being written; nil leaves it out.
    mutating func add(_ name: String, _ value: (some JSONWritable)?) {
        guard let value else { return }
        separate()
        write(name)
        bytes.append(UInt8(ascii: ":"))
        value.write(to: &self)
    }

    fileprivate mutating func list(_ items: [some JSONWritable]) {
        bytes.append(UInt8(ascii: "["))
        for item in items {
            separate()
            item.write(to: &self)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    fileprivate mutating func write(literal: String) { bytes.append(contentsOf: literal.utf8) }

    fileprivate mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: write(literal: (byte < 0x10 ? #"\u000"# : #"\u00"#) + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// No value ends with an opening bracket, so what follows one is the first of its object or list.
    private mutating func separate() {
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
            bytes.append(UInt8(ascii: ","))
        }
    }
}

extension String: JSONWritable {
    func write(to json: inout JSONWriter) { json.write(self) }
}

extension Bool: JSONWritable {
    func write(to json: inout JSONWriter) { json.write(literal: self ? "true" : "false") }
}

extension Int: JSONWritable {
    func write(to json: inout JSONWriter) { json.write(literal: String(self)) }
}

extension Int64: JSONWritable {
    func write(to json: inout JSONWriter) { json.write(literal: String(self)) }
}

extension Array: JSONWritable where Element: JSONWritable {
    func write(to json: inout JSONWriter) { json.list(self) }
}

extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            for (name, value) in sorted(by: { $0.key < $1.key }) { json.add(name, value) }
        }
    }
}
