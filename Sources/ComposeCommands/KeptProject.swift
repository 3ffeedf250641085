import ComposeExecutor
import ComposeModel
import ComposePlanner
import ComposeSupervisor
import EngineAPI

/// The project of a supervisor, on the session's engine.
struct KeptProject: SupervisedProject {
    /// What brought it up.
    let up: UpRun
    let observer: any ApplyObserver
    let renderer: ProgressRenderer

    func apply(
        _ project: Project, _ options: UpOptions, command: String, ifWanted wanted: ContainerID?,
        adjust: @escaping @Sendable (ObservedState) throws -> ObservedState
    ) async throws {
        var options = options
        options.stopGrace = up.options.stopGrace
        options.scale = up.options.scale
        options.isSupervised = true
        options.leavesHolds = true
        if up.options.withoutDependencies {
            options.withoutDependencies = true
            if options.services.isEmpty { options.services = up.options.services }
        }
        var run = UpRun(
            session: up.session, project: project, options: options, waitTimeout: up.waitTimeout, command: command)
        run.adjust = adjust
        if let wanted {
            run.precondition = { executor in
                if try await executor.lastRelease()?.wants(wanted) == false { throw NotWanted() }
            }
        }
        do {
            Self.say(try await run.apply(reportingTo: observer, showing: renderer), renderer)
        } catch let error as PlanError {
            for problem in error.problems { say(problem) }
            throw error
        } catch let error
            where !(error is CommandExit || error is CancellationError || error is TakenDown || error is NotWanted)
        {
            say("\(error)")
            throw error
        }
    }

    func reload() async throws -> Project {
        do {
            let project = try up.session.loadProject(services: up.options.services)
            try await up.willReload(project)
            return project
        } catch {
            say("\(error)")
            throw error
        }
    }

    func isWanted(_ container: ContainerID) async -> Bool {
        let executor = try? up.session.executor(project: up.project.name, limits: up.limits, observer: observer)
        return (try? await executor?.lastRelease()?.wants(container)) ?? true
    }

    static func say(_ leftovers: [Leftover], _ renderer: ProgressRenderer) {
        for leftover in leftovers {
            standardError(renderer.lineStart + "gantry: Not tidied up: " + LeftoverText.text(leftover))
        }
    }

    private func say(_ text: String) { standardError(renderer.lineStart + "gantry: " + text) }
}
