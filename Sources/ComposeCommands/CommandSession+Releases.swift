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

    /// When the last `up` of a project began that put something in force.
    ///
    /// - Throws: a sentence where none is known.
    func lastUp(of project: String) async throws -> EngineTime {
        let journal = StateDirectory(environment: environment).presentJournal()
        let releases = try await journal?.releases(in: scope(of: project)) ?? []
        guard let release = releases.first(where: { $0.command == "up" }), let time = EngineTime(release.time) else {
            throw UnknownBeginning(project: project)
        }
        return time
    }

    /// The plan, with old values in its causes where the last release has them. It needs no state.
    func plan(_ project: Project, _ observed: ObservedState, _ options: UpOptions) async throws -> Plan {
        let plan = try UpPlanner.plan(project, observed: observed, options: options)
        guard plan.tellsDifferences, let journal = StateDirectory(environment: environment).presentJournal() else {
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
        guard plan.tellsDifferences, let last else { return plan }
        var options = options
        options.lastApplied = try? ReleaseModel(release: last, name: project.name).sealed()
        return try UpPlanner.plan(project, observed: observed, options: options)
    }

    /// The plan for people to look at, with what happens to the images of releases as far as the state tells.
    ///
    /// - Parameter isRelease: whether applying it makes a release.
    func preview(
        _ project: Project, _ observed: ObservedState, _ options: UpOptions, isRelease: Bool = true
    ) async throws -> Plan {
        let plan = try await self.plan(project, observed, options)
        guard isRelease, let journal = StateDirectory(environment: environment).presentJournal(),
            let earlier = try? await journal.keptImages(in: scope(of: project.name)), !earlier.isEmpty
        else { return plan }
        let last = try? await journal.lastRelease(in: scope(of: project.name))
        return try await keepingImages(
            plan, release(of: project, plan, observed, options, since: last, called: ""),
            earlier: Set(earlier.map { ImageID($0) }))
    }

    /// The plan with what keeps the images of releases; as it is where nothing is to be done or it makes no release.
    ///
    /// - Parameter earlier: the images of the releases that are kept beside `release`.
    func keepingImages(_ plan: Plan, _ release: Release?, earlier: Set<ImageID>) async throws -> Plan {
        guard let release, !earlier.isEmpty, !plan.isEmpty, !plan.isFirstOfTwo else { return plan }
        let named = try await engine.images(matching: ObjectFilter(names: [ReleaseImages.repository]))
        return plan.keepingImages(
            present: Set(release.images.values.map { ImageID($0) }), earlier: earlier, named: named)
    }

    /// Which images of releases the engine has no more.
    func missingImages(of releases: [Release]) async throws -> Set<String> {
        try await withThrowingTaskGroup(of: String?.self) { group in
            for image in Set(releases.flatMap(\.images.values)) {
                group.addTask {
                    do {
                        _ = try await engine.image(image)
                        return nil
                    } catch let error as EngineError where error.code == .notFound {
                        return image
                    }
                }
            }
            var missing: Set<String> = []
            for try await image in group { if let image { missing.insert(image) } }
            return missing
        }
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

/// No `up` is known whose time could be begun at.
struct UnknownBeginning: Error, CustomStringConvertible {
    let project: String

    var description: String {
        "no `gantry up` of project \(project) is known, so that --since-last-up has no time to begin at. Give one by "
            + "--since."
    }
}
