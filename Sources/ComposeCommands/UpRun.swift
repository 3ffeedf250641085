import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeSupervisor
import DockerEngine
import EngineAPI

/// Brings a project up, or starts what is there of it.
struct UpRun {
    let session: CommandSession
    let project: Project
    var options: UpOptions
    let waitTimeout: Int?
    let command: String
    /// What the release is called that this makes. Without it that is the command, and what only brings back what was
    /// declared before makes none.
    var releaseName: String?
    /// Makes of what there is what the plan is to see.
    var adjust: @Sendable (ObservedState) throws -> ObservedState = { $0 }
    /// Is told of the project that the files declare when they are read again; throws where it is to be refused.
    var willReload: @Sendable (Project) async throws -> Void = { _ in }
    /// Throws where nothing is to be done after all; asked as the project's only writer.
    var precondition: @Sendable (Executor) async throws -> Void = { _ in }

    var limits: Executor.Limits {
        var limits = Executor.Limits()
        limits.parallel = session.parallel
        // 0 asks for no limit of one's own, as with Docker Compose.
        if let waitTimeout, waitTimeout > 0 { limits.readinessDeadline = .seconds(waitTimeout) }
        return limits
    }

    func renderer(_ mode: ProgressMode, sharesTerminal: Bool = false) -> ProgressRenderer {
        ProgressRenderer(
            title: "\(command) \(project.name)", mode: mode, terminal: session.terminal, sharesTerminal: sharesTerminal)
    }

    /// Prints the plan and changes nothing.
    func dryRun() async throws {
        let plan = try await session.preview(project, try await observe(), options, isRelease: release != nil)
        for notice in plan.notices { standardError(notice) }
        standardOutput(plan.description)
    }

    /// Returns when everything is up, or taken back. Ctrl-C takes back.
    func detached() async throws {
        if session.options.dryRun { return try await dryRun() }
        let renderer = renderer(session.progressMode)
        let leftovers = try await Interruption.scope {
            try await apply(reportingTo: renderer, showing: renderer)
        }
        session.sayUntidied(leftovers)
    }

    /// Fetches what is missing, plans and applies, as the project's only writer.
    ///
    /// - Returns: what could not be tidied up after the commit.
    /// - Throws: `CommandExit` when it failed, which has then been said.
    func apply(
        reportingTo observer: any ApplyObserver, showing renderer: ProgressRenderer
    ) async throws -> [Leftover] {
        try await session.sayingFailure(of: command) {
            try await session.withExecutor(
                project: project.name, command: command, limits: limits, observer: observer
            ) { executor in
                try await precondition(executor)
                let leftovers = try await renderer.display { try await bringUp(executor, observer) }
                // A supervisor that was killed has left them as they were in its hands.
                if !(try session.isSupervised(project.name)) {
                    try await RestartTakeover.restore(project, on: session.engine)
                }
                return leftovers
            }
        }
    }

    private func bringUp(_ executor: Executor, _ observer: any ApplyObserver) async throws -> [Leftover] {
        let last = release == nil ? nil : try await executor.lastRelease()
        var options = options
        var observed = try adjust(try await observe())
        let preflight = Preflight(
            isLocal: session.address.description.hasPrefix("unix://"), engine: session.engine)
        var plan: Plan
        do {
            plan = try session.plan(project, observed, options, since: last)
        } catch let error as PlanError {
            // All that is wrong is told at once.
            guard let attempt = error.attempt else { throw error }
            throw PlanError(error.problems + (try await preflight.problems(of: attempt)))
        }
        if !plan.withheld.isEmpty, await Agreement.ask(plan.withheld, on: session.terminal) {
            options.assumesYes = true
            // The answer may have taken a while.
            observed = try adjust(try await observe())
            plan = try session.plan(project, observed, options, since: last)
        }
        // Who gives up instead of answering wants nothing.
        try Task.checkCancellation()
        // Before the images, because fetching them may take long.
        try await preflight.check(plan)
        if !plan.pulls.isEmpty {
            try await ImagePuller(engine: session.engine, observer: observer, parallel: limits.parallel)
                .pull(plan.pulls)
            options.pulled = Set(plan.pulls.map(\.reference))
            observed = try adjust(try await observe())
            plan = try session.plan(project, observed, options, since: last)
        }
        for notice in plan.notices { standardError(notice) }
        guard !plan.isEmpty else {
            if options.oneOff == nil { standardError("Project \(project.name) is as declared: nothing to do.") }
            await executor.hold(plan.holds)
            return []
        }
        for loss in plan.irreversible { standardError("Cannot be undone: \(loss).") }
        if plan.isFirstOfTwo {
            let leftovers = try await executor.apply(plan, command: command)
            guard leftovers.isEmpty else {
                for leftover in leftovers { standardError("Not done: " + LeftoverText.text(leftover)) }
                standardError("Repeat `gantry \(command)` when the cause is gone.")
                throw CommandExit.failure
            }
            options.ranBefore = observed.runningServices
            observed = try adjust(try await observe())
            plan = try session.plan(project, observed, options, since: last)
        }
        let release = release.map {
            session.release(of: project, plan, observed, options, since: last, called: $0)
        }
        plan = try await session.keepingImages(plan, release, earlier: try await executor.keptImages())
        return try await executor.apply(plan, command: command, releasing: release)
    }

    private var release: String? {
        // What a one-off container needs is brought up as the present files have it, and puts nothing else in force.
        if options.onlyStart || options.oneOff != nil || options.recreate == .never { return releaseName }
        return releaseName ?? command
    }

    private func observe() async throws -> ObservedState {
        try await session.observer.observe(project, images: Set(options.images.values))
    }
}
