import ComposeExecutor
import ComposeModel
import ComposePlanner
import EngineAPI

/// How far each thing that a command works on has come, in the words of Docker Compose.
struct ProgressModel {
    enum Status: Equatable {
        case working, done, failed
    }

    /// A network, volume, container or image with what is happening to it.
    struct Subject: Equatable {
        let kind: String
        let name: String
        var status: Status
        var text: String
        var details = ""
        /// When it is killed, where that is what it may come to.
        var deadline: ContinuousClock.Instant?
        let began: ContinuousClock.Instant
        var ended: ContinuousClock.Instant?
    }

    private(set) var subjects: [Subject] = []
    /// The containers that had to be killed, the first of each service.
    private(set) var unheededStops: [UnheededStop] = []
    /// The replicas that were left as they were, a sentence each.
    private(set) var withdrawals: [String] = []
    private var positions: [String: Int] = [:]
    private var pulls: [String: PullSum] = [:]

    /// Takes an event; returns what it changed, nil where nothing changed that is worth a line.
    mutating func update(_ event: ApplyEvent, at now: ContinuousClock.Instant) -> Subject? {
        switch event {
        case .pulling(let pull): return set("Image", pull.reference, .working, "Pulling", now)
        case .pullProgress(let pull, let step):
            pulls[pull.reference, default: PullSum()].add(step)
            guard let position = positions["Image \(pull.reference)"] else { return nil }
            subjects[position].details = pulls[pull.reference]?.text ?? ""
            return nil
        case .pulled(let pull): return set("Image", pull.reference, .done, "Pulled", now)
        case .began(let operation): return change(operation, .working, now) { $0.working }
        case .succeeded(let operation): return change(operation, .done, now) { $0.done }
        case .failed(let operation, let reason):
            return change(operation, .failed, now, details: reason) { _ in "Error" }
        case .graceBegan(let operation, let remaining):
            guard let (kind, name, _) = operation.action.subject, let position = positions["\(kind) \(name)"],
                subjects[position].status == .working
            else { return nil }
            subjects[position].deadline = now + remaining
            return nil
        case .killed(_, let stop):
            if !unheededStops.contains(where: { $0.service == stop.service }) { unheededStops.append(stop) }
            return nil
        case .withdrawn(let sentence):
            withdrawals.append(sentence)
            return nil
        case .committed: return nil
        case .rollingBack: return nil
        case .undoing(let operation, let undo): return change(operation, .working, now) { _ in undo.words.working }
        case .undone(let operation, let undo): return change(operation, .done, now) { _ in undo.words.done }
        case .undoFailed(let operation, _, let reason):
            return change(operation, .failed, now, details: reason) { _ in "Left behind" }
        }
    }

    /// Takes out what is told of once.
    mutating func takeUnheededStops() -> [UnheededStop] {
        defer { unheededStops = [] }
        return unheededStops
    }

    /// Takes out what is told of once.
    mutating func takeWithdrawals() -> [String] {
        defer { withdrawals = [] }
        return withdrawals
    }

    private mutating func change(
        _ operation: Operation, _ status: Status, _ now: ContinuousClock.Instant, details: String = "",
        text: (Words) -> String
    ) -> Subject? {
        guard let (kind, name, words) = operation.action.subject else { return nil }
        return set(kind, name, status, text(words), now, details: details)
    }

    private mutating func set(
        _ kind: String, _ name: String, _ status: Status, _ text: String, _ now: ContinuousClock.Instant,
        details: String = ""
    ) -> Subject? {
        let key = "\(kind) \(name)"
        let position = positions[key] ?? subjects.count
        if position == subjects.count {
            positions[key] = position
            subjects.append(Subject(kind: kind, name: name, status: status, text: text, began: now))
        }
        subjects[position].status = status
        subjects[position].text = text
        subjects[position].details = details
        subjects[position].deadline = nil
        subjects[position].ended = status == .working ? nil : now
        return subjects[position]
    }
}

/// What is said of an operation while it lasts and when it is done.
struct Words {
    let working: String
    let done: String
}

extension Operation.Action {
    /// What it works on, and the words for it; nil for what people need not see.
    fileprivate var subject: (kind: String, name: String, words: Words)? {
        switch self {
        case .createNetwork(let name): ("Network", name, Words(working: "Creating", done: "Created"))
        case .createVolume(let name): ("Volume", name, Words(working: "Creating", done: "Created"))
        case .tryVolume(let name, _): ("Volume", name, Words(working: "Trying", done: "Tried"))
        case .createContainer(let name):
            ("Container", ContainerText.finalName(name), Words(working: "Creating", done: "Created"))
        case .startContainer(let container):
            ("Container", container.name, Words(working: "Starting", done: "Started"))
        case .stopContainer(let container, _):
            ("Container", container.name, Words(working: "Stopping", done: "Stopped"))
        case .awaitContainer(let container, .healthy):
            ("Container", container.name, Words(working: "Waiting", done: "Healthy"))
        case .awaitContainer(let container, .completed):
            ("Container", container.name, Words(working: "Waiting", done: "Exited"))
        case .awaitContainer(let container, .up): ("Container", container.name, Words(working: "Waiting", done: "Up"))
        case .awaitContainer(let container, .steady(.zero)):
            ("Container", container.name, Words(working: "Checking", done: "Up"))
        case .awaitContainer(let container, .steady(let time)):
            ("Container", container.name, Words(working: "Watching for \(text(time))", done: "Steady"))
        case .announceContainer(let container):
            ("Container", container.name, Words(working: "Announcing", done: "Announced"))
        case .delay(let time, let service):
            ("Service", service, Words(working: "Waiting \(text(time))", done: "Updating"))
        case .runHook(let container, let kind, let index):
            (
                "Container", container.name,
                Words(
                    working: "Running \(kind.rawValue) hook \(index + 1)",
                    done: "Ran \(kind.rawValue) hook \(index + 1)")
            )
        case .removeContainer(let container, _):
            ("Container", container.name, Words(working: "Removing", done: "Removed"))
        case .renameContainer: nil
        case .retireNetwork(let network):
            ("Network", network.spec.name, Words(working: "Removing", done: "Removed"))
        case .removeNetwork(_, let name): ("Network", name, Words(working: "Removing", done: "Removed"))
        case .removeVolume(let name): ("Volume", name, Words(working: "Removing", done: "Removed"))
        case .tagImage: nil
        case .untagImage(let name): ("Image", name, Words(working: "Removing", done: "Removed"))
        }
    }
}

extension Undo {
    fileprivate var words: Words {
        switch self {
        case .removeContainer, .removeNetwork, .removeVolume: Words(working: "Removing", done: "Removed")
        case .restoreNetwork: Words(working: "Making again", done: "Made again")
        case .stop: Words(working: "Stopping", done: "Stopped")
        case .start: Words(working: "Restarting", done: "Running again")
        }
    }
}

/// The layers of a pull added up.
private struct PullSum {
    private var layers: [String: (current: Int64, total: Int64)] = [:]

    mutating func add(_ step: PullProgress) {
        guard !step.id.isEmpty, let total = step.total, total > 0 else { return }
        layers[step.id] = (min(step.current ?? 0, total), total)
    }

    var text: String {
        let current = layers.values.reduce(0) { $0 + $1.current }
        let total = layers.values.reduce(0) { $0 + $1.total }
        guard total > 0 else { return "" }
        return "\(ByteText.text(current)) of \(ByteText.text(total))"
    }
}
