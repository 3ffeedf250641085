import EngineAPI
import SinkAPI

/// What is said of containers that end, restart and are replaced while their output is followed.
///
/// An end by itself is said at once. One that was asked for may be half of a restart or of a replacement: it is said
/// when ``Succession/grace`` has passed without either.
struct FollowNotices {
    private struct Life {
        let source: LogSource
        var end: (code: String, time: EngineTime)?
        var wasKilled = false
        /// Whether what it wrote was read to the end.
        var isRead = false
        var isAboutToRestart = false
        var isReplaced = false
        /// Whether its end was said.
        var isSaid = false
    }

    private var lives: [ContainerID: Life] = [:]

    /// These are there; what ended before is not told of.
    mutating func found(_ sources: [LogSource]) {
        for source in sources where lives[source.container] == nil { lives[source.container] = Life(source: source) }
    }

    mutating func happened(_ event: EngineEvent, to source: LogSource) -> [LogRecord] {
        let id = source.container
        var life = lives[id] ?? Life(source: source)
        switch event.action {
        case "kill": life.wasKilled = true
        case "die":
            life.end = (event.attributes["exitCode"] ?? "?", event.time)
            life.isSaid = false
        case "start": return started(source, at: event.time)
        default: return []
        }
        lives[id] = life
        return settle(id)
    }

    /// A container's output was read to the end of its run.
    mutating func ended(_ source: LogSource, isRestarting: Bool) -> [LogRecord] {
        lives[source.container, default: Life(source: source)].isRead = true
        lives[source.container]?.isAboutToRestart = isRestarting
        return settle(source.container)
    }

    /// Whether the container's end waits to be told from a restart.
    func isWaiting(_ source: LogSource) -> Bool {
        guard let life = lives[source.container] else { return false }
        return life.isRead && !life.isSaid && life.end != nil
    }

    /// The grace has passed since its end, or nothing follows any more.
    mutating func passed(_ source: LogSource) -> [LogRecord] { settle(source.container, isFinal: true) }

    /// Nothing follows any more.
    mutating func finish() -> [LogRecord] {
        lives.values.map(\.source).sorted(by: LogSource.precedes).flatMap { settle($0.container, isFinal: true) }
    }

    private mutating func started(_ source: LogSource, at time: EngineTime) -> [LogRecord] {
        if let life = lives[source.container], let end = life.end {
            lives[source.container] = Life(source: source)
            return life.isSaid
                ? [.notice("restarted", about: source, at: time)]
                : [.notice("restarted (exit \(end.code))", about: source, at: end.time)]
        }
        guard lives[source.container] == nil else { return [] }
        lives[source.container] = Life(source: source)
        let replaced = lives.values.filter {
            $0.source != source && $0.source.service == source.service && $0.source.number == source.number
        }
        return replaced.flatMap { life -> [LogRecord] in
            lives[life.source.container]?.isReplaced = true
            return settle(life.source.container)
        }
    }

    private mutating func settle(_ id: ContainerID, isFinal: Bool = false) -> [LogRecord] {
        guard let life = lives[id], let end = life.end, life.isRead, !life.isSaid else { return [] }
        let text: String
        if life.isReplaced {
            text = "was replaced"
        } else if isFinal || !life.wasKilled && !life.isAboutToRestart {
            text = "exited (exit \(end.code))"
        } else {
            return []
        }
        lives[id]?.isSaid = true
        return [.notice(text, about: life.source, at: end.time)]
    }
}

extension LogRecord {
    /// What is said about a container among its lines: `-- web-1 was replaced --`.
    static func notice(_ text: String, about source: LogSource, at time: EngineTime) -> LogRecord {
        LogRecord(
            source: source, stream: .stdout, time: time, line: Array("-- \(source.label) \(text) --".utf8)[...],
            flags: .notice)
    }
}
