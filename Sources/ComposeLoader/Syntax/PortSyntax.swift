/// The short form of a port: `[ADDRESS:][HOST:]CONTAINER[/PROTOCOL]`, each side a port or a range.
struct PortSyntax {
    struct Entry: Equatable {
        var address: String?
        var published: String?
        var target: Int
        var transport: String
    }

    struct Fault: Error {
        var message: String
    }

    /// One entry for each container port; a host range for a single container port stays a range.
    static func parse(_ text: String) throws(Fault) -> [Entry] {
        let (ports, transport) = try splitTransport(text)
        let (address, host, container) = try splitAddress(ports)
        guard !container.isEmpty else { throw Fault(message: "\"\(text)\" names no port of the container") }
        let targets = try range(container, in: text)
        guard !host.isEmpty else {
            return targets.map { Entry(address: address, published: nil, target: $0, transport: transport) }
        }
        let published = try range(host, in: text)
        if targets.count == published.count {
            return zip(targets, published).map {
                Entry(address: address, published: String($1), target: $0, transport: transport)
            }
        }
        guard targets.count == 1, let target = targets.first else {
            throw Fault(
                message:
                    "\"\(text)\" has \(published.count) ports on the host for \(targets.count) of the container")
        }
        return [Entry(address: address, published: String(host), target: target, transport: transport)]
    }

    private static func splitTransport(_ text: String) throws(Fault) -> (Substring, String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return (text[...], "tcp") }
        let transport = parts[1].lowercased()
        guard ["tcp", "udp", "sctp"].contains(transport) else {
            throw Fault(message: "\"\(parts[1])\" is no protocol; write tcp, udp or sctp")
        }
        return (parts[0], transport)
    }

    private static func splitAddress(
        _ text: Substring
    ) throws(Fault) -> (address: String?, host: Substring, container: Substring) {
        guard let last = text.lastIndex(of: ":") else { return (nil, "", text) }
        let container = text[text.index(after: last)...]
        let before = text[..<last]
        var host = before
        var address: Substring?
        if let colon = before.lastIndex(of: ":"), !before.hasSuffix("]") {
            host = before[before.index(after: colon)...]
            address = before[..<colon]
        }
        guard var found = address, !found.isEmpty else { return (nil, host, container) }
        if found.hasPrefix("["), found.hasSuffix("]") { found = found.dropFirst().dropLast() }
        guard IPAddress.isValid(found) else { throw Fault(message: "\"\(found)\" is not an IP address") }
        return (String(found), host, container)
    }

    private static func range(_ text: Substring, in whole: String) throws(Fault) -> ClosedRange<Int> {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = ends.map { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
        guard let first = numbers.first ?? nil, let last = numbers.last ?? nil, first <= last, last <= 65535 else {
            throw Fault(message: "\"\(text)\" in \"\(whole)\" is not a port or a range of ports from 0 to 65535")
        }
        return first...last
    }
}

/// IP addresses as text.
enum IPAddress {
    static func isValid(_ text: some StringProtocol) -> Bool { isVersion4(text) || isVersion6(text) }

    private static func isVersion4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                    part.utf8.count == 1 || part.utf8.first != 0x30
                else { return false }
                return Int(part).map { $0 <= 255 } ?? false
            }
    }

    private static func isVersion6(_ text: some StringProtocol) -> Bool {
        let address = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)[0]
        guard address.utf8.contains(UInt8(ascii: ":")) else { return false }
        var groups = address.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let gaps = gapCount(in: address)
        guard gaps <= 1, !address.contains(":::") else { return false }
        var count = 0
        if let last = groups.last, last.utf8.contains(UInt8(ascii: ".")) {
            guard isVersion4(last) else { return false }
            groups.removeLast()
            count += 2
        }
        let filled = groups.filter { !$0.isEmpty }
        guard filled.allSatisfy({ $0.utf8.count <= 4 && $0.allSatisfy(\.isHexDigit) }) else { return false }
        count += filled.count
        if gaps == 1 { return count < 8 }
        return count == 8 && groups.count == filled.count
    }

    private static func gapCount(in text: some StringProtocol) -> Int {
        var count = 0
        var previous: Character?
        for character in text {
            if character == ":", previous == ":" { count += 1 }
            previous = character
        }
        return count
    }
}
