// What the files say of the containers' output, as far as it makes other containers: `x-gantry: {logs: ...}`.
extension Project {
    private var logs: CanonicalValue? { extensions["x-gantry"]?["logs"] }

    /// Whether its output is shipped: it declares a sink.
    package var shipsOutput: Bool {
        guard case .object(let sinks)? = logs?["sinks"] else { return false }
        return !sinks.isEmpty
    }

    /// Whether containers whose service says nothing of its logging get files that are rotated: `rotation: false` leaves
    /// that to the engine.
    package var rotatesOutput: Bool { shipsOutput && logs?["rotation"] != .bool(false) }

    /// How a service's output is captured, as the files name it; nil where they leave it to Gantry.
    package func capture(of service: Service) -> String? {
        guard case .string(let mode)? = service.extensions["x-gantry"]?["logs"]?["capture"] ?? logs?["capture"] else {
            return nil
        }
        return mode
    }

    /// Whether a service's containers send their output themselves, to whom listens at ``logSocket``.
    package func forwardsOutput(of service: Service) -> Bool { shipsOutput && capture(of: service) == "forward" }

    /// Where the output of containers that send it is taken. The engine connects to it.
    package var logSocket: String {
        if case .string(let path)? = logs?["socket"] { return path }
        return "/run/gantry/\(name).sock"
    }
}
