/// Finds the numbers of payment cards: 13 to 19 digits, alone or in groups with blanks or hyphens between them, of which the
/// last checks the others (ISO/IEC 7812-1, annex B).
enum CardNumbers {
    private static let lengths = 13...19
    /// First digits of the networks' cards; numbers that begin with others are times and counters.
    private static let firstDigits = UInt8(ascii: "2")...UInt8(ascii: "6")

    static func places(in line: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard line.count >= lengths.lowerBound else { return [] }
        var found: [Range<Int>] = []
        var position = 0
        while position < line.count {
            if firstDigits.contains(line[position]), position == 0 || !line[position - 1].isDigit,
                let end = end(ofCardAt: position, line)
            {
                found.append(position..<end)
                position = end
            } else {
                position += 1
            }
        }
        return found
    }

    /// Behind the longest card number that begins here.
    private static func end(ofCardAt start: Int, _ line: UnsafeRawBufferPointer) -> Int? {
        var (position, count, end) = (start, 0, Int?.none)
        // What the check sums up to, if the number of digits is even, and if it is odd.
        var (even, odd) = (0, 0)
        while position < line.count, count < lengths.upperBound {
            if line[position].isDigit {
                let digit = Int(line[position] - UInt8(ascii: "0"))
                let doubled = digit < 5 ? 2 * digit : 2 * digit - 9
                even += count % 2 == 0 ? doubled : digit
                odd += count % 2 == 0 ? digit : doubled
                count += 1
                let isLast = position + 1 == line.count || !line[position + 1].isDigit
                if isLast, lengths.contains(count), (count % 2 == 0 ? even : odd) % 10 == 0 { end = position + 1 }
            } else if line[position] != UInt8(ascii: " ") && line[position] != UInt8(ascii: "-")
                || !line[position - 1].isDigit
            {
                break
            }
            position += 1
        }
        return end
    }
}
