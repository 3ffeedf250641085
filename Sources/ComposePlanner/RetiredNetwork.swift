package import EngineAPI

/// A network that goes before the commit because its name or its addresses are needed, with all that brings it back.
///
/// None of it is a secret: it may be journaled.
package struct RetiredNetwork: Hashable, Codable, Sendable {
    package let id: NetworkID
    /// What makes the same network again, its labels included.
    package let spec: NetworkSpec
    /// The containers that were attached. Engines remember a network by its identifier, so each has to be attached anew
    /// before it can start again.
    package let members: [Member]

    package struct Member: Hashable, Codable, Sendable {
        package let container: ContainerID
        package let attachment: NetworkAttachment

        package init(container: ContainerID, attachment: NetworkAttachment) {
            self.container = container
            self.attachment = attachment
        }
    }

    package init(id: NetworkID, spec: NetworkSpec, members: [Member]) {
        self.id = id
        self.spec = spec
        self.members = members
    }
}
