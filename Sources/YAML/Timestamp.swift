/// The dates and times that go-yaml reads from unquoted text:
/// `2001-12-14`, `2001-12-14T21:59:43.1Z`, `2001-12-14t21:59:43-05:00`, `2001-12-14 21:59:43.10`.
enum Timestamp {
    static func matches(_ text: String) -> Bool {
        var scanner = Scanner(rest: text.utf8[...])
        guard let year = scanner.number(digits: 4...4), scanner.skip("-"),
            let month = scanner.number(digits: 1...2), scanner.skip("-"),
            let day = scanner.number(digits: 1...2),
            (1...12).contains(month), day >= 1, day <= days(in: month, of: year)
        else { return false }
        if scanner.rest.isEmpty { return true }
        let hasZone = scanner.skip("T") || scanner.skip("t")
        guard hasZone || scanner.skip(" "), scanner.time() else { return false }
        return (!hasZone || scanner.zone()) && scanner.rest.isEmpty
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private struct Scanner {
        var rest: Substring.UTF8View

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard let byte = rest.first, byte == character.value else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(digits: ClosedRange<Int>) -> Int? {
            let found = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            guard digits.contains(found.count) else { return nil }
            rest.removeFirst(found.count)
            return Int(Substring(found))
        }

        mutating func time() -> Bool {
            guard let hour = number(digits: 1...2), hour < 24, skip(":"),
                let minute = number(digits: 1...2), minute < 60, skip(":"),
                let second = number(digits: 1...2), second < 60
            else { return false }
            guard skip(".") || skip(",") else { return true }
            return number(digits: 1...9) != nil
        }

        mutating func zone() -> Bool {
            if skip("Z") { return true }
            guard skip("+") || skip("-"), let hour = number(digits: 2...2), hour <= 24, skip(":"),
                let minute = number(digits: 2...2), minute < 60
            else { return false }
            return true
        }
    }
}
