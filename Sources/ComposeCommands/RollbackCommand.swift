import ArgumentParser
import ComposeExecutor
import ComposeLoader
import ComposeModel
import ComposePlanner
import EngineAPI

/// `gantry rollback`
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Brings back what an earlier release had: all of it, or nothing.",
        discussion: """
            The containers are made as they were then, from the very images, and the result is a new release; data in
            volumes and files on the host stay as they are. Values that look like secrets are not kept: they are taken
            from the present files and variables. `gantry releases` lists what there is; without a number it is the
            release before the last.
            Example: gantry rollback 3 --dry-run
            """)

    @Flag(name: .customLong("wait"), help: "Return when every service is up and healthy.")
    var wait = false

    @OptionGroup var limits: TimeLimitOptions

    @Argument(help: ArgumentHelp("Which release; default: the one before the last.", valueName: "number"))
    var number: Int?

    @OptionGroup var lock: LockOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        var session = try CommandSession(options)
        session.lockWait = lock.lockWait
        let present = try presentProject(session)
        let releases = try await session.releases(of: present.name)
        let release = try target(among: releases, of: present.name)
        let last = releases.first ?? release
        var project = try ReleaseModel(release: release, name: present.name)
            .restored(present: present.project, environment: present.environment)
        // How output is captured and where it goes is no matter of a release.
        project.extensions = present.project?.extensions ?? [:]
        for name in project.services.keys {
            project.services[name]?.extensions = present.project?.services[name]?.extensions ?? [:]
        }
        let newer = try ReleaseModel(release: last, name: present.name).sealed()
        var up = UpOptions()
        up.wait = wait
        up.refusesEarlyExits = true
        up.stopGrace = limits.timeout
        up.images = release.images.filter { project.services[$0.key] != nil }.mapValues { ImageID($0) }
        // What came later goes; what neither has is somebody else's.
        up.removeOrphans = true
        let added = Set(newer.services.keys).subtracting(project.services.keys)
        let found = try await session.observer.observe(project: project.name).containers
        project.disabledServices = Set(found.map(\.service)).subtracting(project.services.keys).subtracting(added)
        var run = UpRun(
            session: session, project: project, options: up, waitTimeout: limits.waitTimeout, command: "rollback")
        run.releaseName = "rollback to \(release.number)"
        try await run.detached()
    }

    private func target(among releases: [Release], of project: String) throws -> Release {
        if let number {
            guard let release = releases.first(where: { $0.number == number }) else {
                throw MissingRelease(what: "release \(number)", project: project)
            }
            return release
        }
        guard releases.count > 1 else { throw MissingRelease(what: "earlier release", project: project) }
        return releases[1]
    }

    /// The project as its files are now; with `-p` there need be none.
    private func presentProject(
        _ session: CommandSession
    ) throws -> (name: String, project: Project?, environment: [String: String]) {
        do {
            let loaded = try session.load { $0.keepsUnusedResources = true }
            return (loaded.project.name, loaded.project, loaded.environment)
        } catch let failure as LoadFailure {
            guard let name = options.projectName, failure.isProjectMissing else { throw failure }
            return (name, nil, session.environment)
        }
    }
}

/// A release that is not kept.
struct MissingRelease: Error, CustomStringConvertible {
    let what: String
    let project: String

    var description: String {
        "there is no \(what) of project \(project); `gantry releases` lists those that are kept"
    }
}
