import EngineAPI

// The names by which others find a container in its networks. An engine gives and takes them only by attaching it anew.
extension ContainerEngine {
    /// Attaches a container anew wherever it lacks a name. To be repeated from wherever it was interrupted.
    func giveNames(_ id: ContainerID, _ attachments: [NetworkAttachment]) async throws {
        try await attach(id, attachments) { Set($0.aliases).isSuperset(of: $1.aliases) }
    }

    /// Attaches a container without names wherever it has one of those. To be repeated from wherever it was interrupted.
    func takeNames(_ id: ContainerID, _ attachments: [NetworkAttachment]) async throws {
        let unnamed = attachments.map { attachment in
            var attachment = attachment
            attachment.aliases = []
            return attachment
        }
        let names = Dictionary(attachments.map { ($0.network, Set($0.aliases)) }) { $0.union($1) }
        try await attach(id, unnamed) { names[$1.network, default: []].isDisjoint(with: $0.aliases) }
    }

    /// - Parameter isRight: whether what is there, the first, may stay for what is wanted, the second.
    private func attach(
        _ id: ContainerID, _ attachments: [NetworkAttachment],
        unless isRight: (NetworkAttachment, NetworkAttachment) -> Bool
    ) async throws {
        let present = try await container(id).attachments
        for attachment in attachments {
            let network = NetworkID(attachment.network)
            if let found = present[attachment.network] {
                if isRight(found, attachment) { continue }
                try await disconnect(id, from: network, force: false)
            }
            try await connect(id, to: network, attachment)
        }
    }
}
