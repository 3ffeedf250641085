import EngineAPI
import Testing

@testable import EngineTesting

/// An engine with `busybox`, and short words for what most tests do.
struct Stage {
    let engine = InMemoryEngine()

    init(_ behavior: ContainerBehavior = ContainerBehavior(), image: ImageBehavior = ImageBehavior()) {
        var image = image
        image.container = behavior
        engine.addImage("busybox", image)
    }

    func create(_ name: String, _ configure: (inout ContainerSpec) -> Void = { _ in }) async throws -> ContainerID {
        var spec = ContainerSpec(image: "busybox")
        configure(&spec)
        return try await engine.createContainer(spec, name: name)
    }

    func run(_ name: String, _ configure: (inout ContainerSpec) -> Void = { _ in }) async throws -> ContainerID {
        let id = try await create(name, configure)
        try await engine.startContainer(id)
        return id
    }

    /// What happened to containers so far, without the preparations.
    var containerEvents: [String] {
        engine.control { $0.events.elements.filter { $0.type == "container" }.map(\.action) }
    }

    var allEvents: [String] {
        engine.control { $0.events.elements.map { "\($0.type) \($0.action)" } }
    }
}

/// Expects an engine's refusal with this code and these words.
func expectRefusal(
    _ code: EngineError.Code, _ words: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ call: () async throws -> Void
) async {
    do {
        try await call()
        Issue.record("the call succeeded", sourceLocation: sourceLocation)
    } catch let error as EngineError {
        #expect(error.code == code, sourceLocation: sourceLocation)
        #expect(error.message.contains(words), "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}

extension EngineStream where Element == [OutputFrame] {
    /// All lines up to the stream's end.
    func lines() async throws -> [String] {
        var lines: [String] = []
        for try await batch in self {
            lines += batch.map { String(decoding: $0.bytes, as: UTF8.self).replacing("\n", with: "") }
        }
        return lines
    }
}
