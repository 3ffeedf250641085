/// Base 16, small letters.
enum HexText {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var out: [UInt8] = []
        for byte in bytes { out += [Digits.hexadecimal(byte >> 4), Digits.hexadecimal(byte & 15)] }
        return String(decoding: out, as: UTF8.self)
    }
}
