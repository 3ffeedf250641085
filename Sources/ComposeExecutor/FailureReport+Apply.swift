import ComposePlanner
package import ComposeState
import EngineAPI
import FoundationEssentials

extension FailureReport {
    /// - Parameters:
    ///   - transaction: what was done when it failed, before it was taken back.
    ///   - withdrawn: the replica that alone is left as it was; nil where the whole transaction failed.
    init(
        _ failure: ApplyFailure, of transaction: JournaledTransaction, in scope: JournalScope, withdrawn: String? = nil
    ) {
        let left = Set(failure.leftovers.map(\.what))
        let begun = transaction.steps.filter { step in
            !failure.isKept && withdrawn == nil && !step.isFinish && step.operation.undo != nil
                && (step.progress == .intended || step.progress == .done || step.progress == .failed)
        }
        let now = EngineTime(nanoseconds: Int64(Date().timeIntervalSince1970) * 1_000_000_000)
        self.init(
            id: transaction.id, time: now.rfc3339.prefix(19) + "Z", scope: scope, command: transaction.command,
            reason: failure.reason,
            operation: failure.operation.map {
                FailedOperation(description: $0.action.description, cause: $0.cause, service: $0.service)
            },
            container: failure.container.map(Container.init),
            hookOutput: failure.hookOutput.isEmpty ? nil : failure.hookOutput,
            undone: begun.map(\.operation.action.description).filter { !left.contains($0) },
            leftovers: failure.leftovers.map { Leftover(what: $0.what, reason: $0.reason) },
            isKept: failure.isKept ? true : nil, withdrawn: withdrawn)
    }
}

extension FailureReport.Container {
    package init(_ report: ContainerReport) {
        self.init(
            name: report.name, state: report.state.rawValue,
            exitCode: report.state.isRunning ? nil : report.exitCode, outOfMemory: report.outOfMemory,
            healthOutput: report.probeOutput.flatMap { $0.isEmpty ? nil : $0 }, lastLines: report.lastLines)
    }
}
