import ComposePlanner
import ComposeState
import EngineAPI
import FoundationEssentials

// Replicas that start again while others serve: nobody is to find them before they are healthy.
extension Rollback {
    /// Takes the names from a stopped container that starts again beside its replacement, where a healthcheck will tell
    /// that it serves. The journal has them first, so that they are not lost.
    ///
    /// That it starts matters more: where this fails, it starts with the names that it has.
    ///
    /// - Returns: the attachments to be given back; none where it keeps its names.
    func takeNames(from container: ContainerDetails?, _ operation: Operation) async -> [NetworkAttachment] {
        guard let container, operation.update?.rollback?.order == .startFirst else { return [] }
        if let noted = notedAttachments(operation.id) {
            if !container.state.isRunning { try? await executor.engine.takeNames(container.id, noted) }
            return noted
        }
        let attachments = container.attachments.values.filter { !$0.aliases.isEmpty }.sorted { $0.network < $1.network }
        guard !container.state.isRunning, container.healthCheck != nil, !attachments.isEmpty,
            let note = try? JSONEncoder().encode(attachments)
        else { return [] }
        do {
            try await executor.journal.note(String(decoding: note, as: UTF8.self), on: operation.id, in: transaction.id)
        } catch {
            return []
        }
        try? await executor.engine.takeNames(container.id, attachments)
        return attachments
    }

    /// What an interrupted attempt took.
    private func notedAttachments(_ operation: OperationID) -> [NetworkAttachment]? {
        transaction.steps.first { $0.operation.id == operation }?.result
            .flatMap { try? JSONDecoder().decode([NetworkAttachment].self, from: Data($0.utf8)) }
    }
}
