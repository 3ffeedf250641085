import ComposeState
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct ProjectLockTests {
    /// What an attempt comes to, as text, the lock given back at once.
    private func attempt(_ path: String) throws -> String {
        switch try ProjectLock.attempt(path: path, holder: "gantry stop (process 2)") {
        case .locked: "locked"
        case .held(let holder): holder.description
        }
    }

    @Test func oneHoldsItAtATime() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("lock")
        do {
            let held = try ProjectLock.attempt(path: path, holder: "gantry up (process 1) since 2026-01-31T10:00:00Z")
            #expect(try attempt(path) == "gantry up (process 1) since 2026-01-31T10:00:00Z")
            #expect(try attempt(folder.path("other")) == "locked")
            _ = consume held
        }
        #expect(try attempt(path) == "locked")
    }

    /// A later holder's shorter name is not mixed with an earlier one's.
    @Test func theLastHolderIsNamed() throws {
        let folder = try TemporaryFolder()
        do { _ = try ProjectLock.attempt(path: folder.path("lock"), holder: String(repeating: "long ", count: 40)) }
        let held = try ProjectLock.attempt(path: folder.path("lock"), holder: "short")
        #expect(try attempt(folder.path("lock")) == "short")
        _ = consume held
    }

    /// However its process ends, the lock is free.
    @Test func aKilledHolderFreesIt() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("lock")
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/bin/sh")
        // flock(1) names nobody; the file's text is what we make of it.
        holder.arguments = [
            "-c", "echo other >$1; exec 9<>$1; flock 9 || exit 1; echo held; exec sleep 600", "sh", path,
        ]
        let output = Pipe()
        holder.standardOutput = output
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        #expect(try attempt(path) == "other\n")
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit()
        #expect(try attempt(path) == "locked")
    }

    @Test func anUnusableFileIsExplained() throws {
        let error = #expect(throws: LockError.self) {
            _ = try attempt("/nonexistent/lock")
        }
        #expect(
            error?.description
                == "The lock file /nonexistent/lock cannot be used: No such file or directory. Check the folder's "
                + "permissions, or choose another one with GANTRY_STATE_DIR.")
    }
}
