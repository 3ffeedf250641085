import Glibc

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
        guard targets.lowerBound > 0 else { throw Fault(message: "\"\(text)\" has 0 for a port of the container") }
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
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, !parts[1].isEmpty else { return (parts[0], "tcp") }
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
    /// Whether it is an address of version 4 or 6.
    static func isValid(_ text: some StringProtocol) -> Bool {
        var address = in6_addr()
        let text = String(text)
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }
}
