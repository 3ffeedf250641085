import ArgumentParser
import ComposeLoader
import ComposePlanner
import ComposeSupervisor
import DockerEngine
import EngineAPI
import FoundationEssentials
import LogSinks
public import SinkAPI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The program: arguments in, exit code out.
public enum CommandLineTool {
    /// Parses the arguments (the first is the program's own name), runs the command and ends the process.
    ///
    /// - Parameter sinks: kinds of log sinks beside the built-in ones, whose schemes they do not take.
    public static func run(_ arguments: [String], sinks: [any SinkKind.Type] = []) async -> Never {
        occupyClosedStreams()
        // First of all: what is ignored now is lost.
        Signals.heedInterrupts()
        // A reader that goes away (`gantry logs | head`) is a normal end of writing, not a reason to die.
        Signals.ignoreBrokenPipes()
        let code = await SinkCatalog.$added.withValue(sinks) { await exitCode(Array(arguments.dropFirst())) }
        exit(code.rawValue)
    }

    private static func exitCode(_ arguments: [String]) async -> CommandExit {
        do {
            let normalized = try RootArguments.normalize(arguments)
            var command = try GantryCommand.parseAsRoot(normalized)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .success
        } catch let exit as CommandExit {
            return exit
        } catch {
            let isJSON = ProgressMode.asked(by: arguments, ProcessInfo.processInfo.environment) == .json
            return report(error) { standardError(CommandFailureText.text($0, asJSON: isJSON)) }
        }
    }

    private static func report(_ error: any Error, _ say: (String) -> Void) -> CommandExit {
        switch error {
        case let failure as LoadFailure:
            // What has a place in a file begins with it, as compilers' messages do.
            let hasPlace = failure.diagnostics.first?.mark != nil
            say(hasPlace ? failure.description : "gantry: \(failure.description)")
        case let failure as PlanError:
            say(failure.problems.map { "gantry: \($0)" }.joined(separator: "\n"))
        case let failure as EngineError:
            let environment = ProcessInfo.processInfo.environment
            let address = (try? EngineSelection(environment: environment).address())?.description ?? "DOCKER_HOST"
            say("gantry: \(EngineText.sentence(failure, address: address))")
        case is CancellationError:
            return .interrupted
        default:
            let parserExit = GantryCommand.exitCode(for: error)
            let message = GantryCommand.fullMessage(for: error)
            if parserExit.isSuccess {
                print(message)
                return .success
            }
            say(parserExit == .validationFailure ? message : "gantry: \(error)")
        }
        return .failure
    }
}

/// The exit codes of every command.
struct CommandExit: Error, Equatable {
    let rawValue: Int32

    /// What was asked for is so.
    static let success = CommandExit(rawValue: 0)
    /// It is not, and a message says why.
    static let failure = CommandExit(rawValue: 1)
    /// `plan`: there is something to do.
    static let changesPlanned = CommandExit(rawValue: 2)
    /// Ended by Ctrl-C, as shells count it.
    static let interrupted = CommandExit(rawValue: 130)
}
