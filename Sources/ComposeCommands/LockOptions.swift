import ArgumentParser

/// How a command that changes a project gets along with another one that does.
struct LockOptions: ParsableArguments {
    @Option(
        name: .customLong("lock-wait"),
        help: ArgumentHelp(
            "Seconds to wait for another command on the same project, 0 for none; default: until it has ended.",
            valueName: "seconds"))
    var lockWait: Int?

    func validate() throws {
        if let lockWait, lockWait < 0 { throw ValidationError("--lock-wait \(lockWait) is less than no time.") }
    }
}

/// Another command has changed the project for longer than the user would wait.
struct LockHeld: Error, CustomStringConvertible {
    let project: String
    let holder: String
    let seconds: Int

    var description: String {
        "Project \(project) is being changed by \(holder)"
            + (seconds == 0 ? ", and --lock-wait 0 waits for nobody." : ", and that has not ended within \(seconds) s.")
            + " Nothing was changed. Try again when it has ended, or with a longer --lock-wait."
    }
}
