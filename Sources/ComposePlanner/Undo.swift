package import EngineAPI

/// What takes an operation back.
package enum Undo: Hashable, Codable, Sendable {
    /// Remove the container that the operation made.
    case removeContainer
    /// Remove the network that the operation made.
    case removeNetwork
    /// Remove the volume of this name, if the transaction made it.
    case removeVolume(name: String)
    /// Make a network again and attach its containers to it, once what the transaction put in its place is gone.
    case restoreNetwork(RetiredNetwork)
    /// Stop a container that was not running.
    case stop(ContainerHandle)
    /// Start a container that was running.
    case start(ContainerID)
}

extension Operation {
    /// What takes this operation back, nil where there is nothing to take back.
    ///
    /// Removing and renaming, also of images, have none because they happen after the commit only.
    package var undo: Undo? {
        switch action {
        case .createNetwork: .removeNetwork
        case .createVolume(let name), .tryVolume(_, let name): .removeVolume(name: name)
        case .retireNetwork(let network): .restoreNetwork(network)
        case .createContainer: .removeContainer
        // A replacement must have stopped before its predecessor starts again: they may share a port.
        case .startContainer(let container): .stop(container)
        case .stopContainer(.existing(let id, _), _): .start(id)
        // What a hook did is not known.
        case .stopContainer(.planned, _), .awaitContainer, .delay, .runHook: nil
        // The container that was given its names goes.
        case .announceContainer: nil
        case .removeContainer, .renameContainer, .removeNetwork, .removeVolume, .tagImage, .untagImage: nil
        }
    }
}
