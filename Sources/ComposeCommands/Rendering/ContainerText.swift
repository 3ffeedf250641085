import EngineAPI

/// A container's facts as Docker's tables show them.
enum ContainerText {
    /// How much of a command line a table shows.
    private static let commandLength = 20

    /// A replacement's name without the twelve digits that set it apart from its predecessor; a second attempt at the
    /// same replacement has one underscore more.
    static func finalName(_ name: String) -> String {
        guard let separator = name.firstIndex(of: "_"), name.distance(from: name.startIndex, to: separator) == 12,
            name[..<separator].allSatisfy(\.isHexDigit)
        else { return name }
        return String(name[separator...].drop { $0 == "_" })
    }

    /// The command in quotes, cut to its beginning.
    static func command(_ command: String) -> String {
        command.count <= commandLength ? "\"\(command)\"" : "\"\(command.prefix(commandLength - 1))…\""
    }

    /// `5 minutes`, `About an hour`
    static func age(seconds: Int64) -> String {
        switch seconds {
        case ..<1: "Less than a second"
        case 1: "1 second"
        case ..<60: "\(seconds) seconds"
        case ..<120: "About a minute"
        case ..<3600: "\(seconds / 60) minutes"
        case ..<7200: "About an hour"
        case ..<(48 * 3600): "\(seconds / 3600) hours"
        case ..<(14 * 86_400): "\(seconds / 86_400) days"
        case ..<(60 * 86_400): "\(seconds / (7 * 86_400)) weeks"
        case ..<(2 * 365 * 86_400): "\(seconds / (30 * 86_400)) months"
        default: "\(seconds / (365 * 86_400)) years"
        }
    }

    /// `127.0.0.1:8080->80/tcp, 443/tcp`
    static func ports(_ ports: [PortSummary]) -> String {
        ports.sorted { left, right in
            (left.containerPort, left.transport, left.hostAddress ?? "", left.hostPort ?? 0)
                < (right.containerPort, right.transport, right.hostAddress ?? "", right.hostPort ?? 0)
        }.map { port in
            let inside = "\(port.containerPort)/\(port.transport)"
            guard let hostPort = port.hostPort else { return inside }
            let address = port.hostAddress ?? ""
            return "\(address.contains(":") ? "[\(address)]" : address):\(hostPort)->\(inside)"
        }.joined(separator: ", ")
    }
}
