import FoundationEssentials
import Testing

/// A real program that takes log lines, run by `Integration/receiver` while a scenario lasts.
struct Receiver: Sendable {
    /// What has arrived of a record.
    struct Arrival: Decodable, Sendable {
        var uid: String
        var line: Data
        var facts: [String: String]
    }

    /// The sinks' URLs, by what they are called; those that must be refused by why.
    let urls: [String: String]
    let refused: [String: String]
    private let conversation: Conversation

    private struct Greeting: Decodable {
        var absent: String?
        var urls: [String: String]?
        var refused: [String: String]?
    }

    private struct Count: Decodable { var count: Int }
    private struct Reading: Decodable { var file: String }

    /// Questions and answers, a line each.
    private actor Conversation {
        let running: RunningCommand
        var answered = 0

        init(_ running: RunningCommand) { self.running = running }

        /// The next line; nobody asks two things at once.
        func next<Answer: Decodable & Sendable>(after question: String? = nil) async throws -> Answer {
            if let question { try await running.type(question + "\n") }
            let number = answered
            answered += 1
            try await running.transcript.wait(for: "an answer to \(question ?? "its start")") {
                $0.output.utf8.count { $0 == UInt8(ascii: "\n") } > number
            }
            let line = running.transcript.output.split(separator: "\n")[number]
            return try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        }
    }

    /// Runs `body` beside the program. Where it is not installed this prints so, and runs nothing.
    static func with(_ name: String, _ body: @escaping @Sendable (Receiver) async throws -> Void) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "receiver").path()
        var command = Command(
            program: script, arguments: [name], environment: TestBed.basicEnvironment, folder: "/")
        command.isAsked = true
        let outcome = try await command.withProcess { running in
            let conversation = Conversation(running)
            let greeting: Greeting = try await conversation.next()
            guard let urls = greeting.urls else {
                print("\(name) is not there to be sent to: \(greeting.absent ?? "it does not say why")")
                return
            }
            try await body(Receiver(urls: urls, refused: greeting.refused ?? [:], conversation: conversation))
        }
        outcome.exits(0)
    }

    /// How many records have arrived.
    func count(_ variant: String) async throws -> Int {
        let answer: Count = try await conversation.next(after: "count \(variant)")
        return answer.count
    }

    /// All that has arrived, in the receiver's order.
    func arrivals(_ variant: String) async throws -> [Arrival] {
        let answer: Reading = try await conversation.next(after: "read \(variant)")
        return try Data(contentsOf: URL(filePath: answer.file)).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Arrival.self, from: Data($0))
        }
    }
}
