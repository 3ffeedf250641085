import ComposeModel
import ComposePlanner
import ComposeState
import DockerEngine
import EngineAPI
import FoundationEssentials

extension CommandSession {
    /// A project's releases, the latest first.
    func releases(of project: String) async throws -> [Release] {
        try await StateDirectory(environment: environment).journal().releases(in: scope(of: project))
    }

    /// The plan, with old values in its causes where the last release has them. It needs no state.
    func plan(_ project: Project, _ observed: ObservedState, _ options: UpOptions) async throws -> Plan {
        let plan = try UpPlanner.plan(project, observed: observed, options: options)
        guard !plan.changes.isEmpty, let journal = StateDirectory(environment: environment).presentJournal() else {
            return plan
        }
        return try self.plan(
            project, observed, options, since: try? await journal.lastRelease(in: scope(of: project.name)))
    }

    /// The same where the last release is known.
    func plan(
        _ project: Project, _ observed: ObservedState, _ options: UpOptions, since last: Release?
    ) throws -> Plan {
        let plan = try UpPlanner.plan(project, observed: observed, options: options)
        // To read a release costs as much as to read the files, and most plans replace nothing.
        guard !plan.changes.isEmpty, let last else { return plan }
        var options = options
        options.lastApplied = try? ReleaseModel(release: last, name: project.name).sealed()
        return try UpPlanner.plan(project, observed: observed, options: options)
    }

    /// What applying a plan puts in force.
    func release(
        of project: Project, _ plan: Plan, _ observed: ObservedState, _ options: UpOptions, since last: Release?,
        called command: String
    ) -> Release {
        // Where the command covers everything, the release before it says nothing more.
        let isWhole = options.services.isEmpty && project.disabledServices.isEmpty
        let previous = (isWhole ? nil : last).flatMap { last in
            (try? ReleaseModel(release: last, name: project.name).sealed()).map { (last, $0) }
        }
        let now = EngineTime(nanoseconds: Int64(Date().timeIntervalSince1970 * 1e9))
        return Release(
            of: project, plan, observed: observed, options: options, previous: previous, command: command,
            time: now.rfc3339.prefix(19) + "Z", salt: TransactionID().rawValue)
    }

    private func scope(of project: String) -> JournalScope {
        JournalScope(engine: address.description, project: project)
    }
}
