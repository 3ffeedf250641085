import Synchronization

/// A queue with room for a few elements: who sends waits for room, who receives waits for elements.
///
/// Any number of tasks may send; one receives.
package final class BoundedQueue<Element: Sendable>: Sendable {
    private struct Sender {
        let number: Int
        let element: Element
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var elements: [Element] = []
        var senders: [Sender] = []
        var receiver: CheckedContinuation<Element?, Never>?
        var issued = 0
        /// Set by either side: nothing more is taken, what was taken is still delivered.
        var isFinished = false

        /// The first element, and whoever waited for its room.
        mutating func takeFirst() -> (Element?, Sender?) {
            guard !elements.isEmpty else { return (nil, nil) }
            let element = elements.removeFirst()
            guard !senders.isEmpty else { return (element, nil) }
            let sender = senders.removeFirst()
            elements.append(sender.element)
            return (element, sender)
        }
    }

    private let state = Mutex(State())
    private let capacity: Int

    package init(capacity: Int) { self.capacity = capacity }

    /// Hands an element over. False where the queue has ended, or the task was cancelled while it waited for room; the
    /// element is lost then.
    @discardableResult
    package func send(_ element: Element) async -> Bool {
        let number = state.withLock { state in
            state.issued += 1
            return state.issued
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (answer, receiver) = state.withLock { state -> (Bool?, CheckedContinuation<Element?, Never>?) in
                    if state.isFinished { return (false, nil) }
                    if let receiver = state.receiver.take() { return (true, receiver) }
                    if state.elements.count < capacity {
                        state.elements.append(element)
                        return (true, nil)
                    }
                    // A cancellation from before this point finds nothing to take out.
                    if Task.isCancelled { return (false, nil) }
                    state.senders.append(Sender(number: number, element: element, continuation: continuation))
                    return (nil, nil)
                }
                receiver?.resume(returning: element)
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let sender = state.withLock { state -> Sender? in
                guard let index = state.senders.firstIndex(where: { $0.number == number }) else { return nil }
                return state.senders.remove(at: index)
            }
            sender?.continuation.resume(returning: false)
        }
    }

    /// Hands an element over if there is room at once; false where there is none, or the queue has ended.
    @discardableResult
    package func offer(_ element: Element) -> Bool {
        let (answer, receiver) = state.withLock { state -> (Bool, CheckedContinuation<Element?, Never>?) in
            if state.isFinished { return (false, nil) }
            if let receiver = state.receiver.take() { return (true, receiver) }
            guard state.elements.count < capacity else { return (false, nil) }
            state.elements.append(element)
            return (true, nil)
        }
        receiver?.resume(returning: element)
        return answer
    }

    /// The next element if there is one; does not wait.
    package func poll() -> Element? {
        let (element, sender) = state.withLock { $0.takeFirst() }
        sender?.continuation.resume(returning: true)
        return element
    }

    /// The next element; nil when the queue has ended and is empty, and when the task is cancelled.
    package func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (answer, sender) = state.withLock { state -> (Element??, Sender?) in
                    let (element, sender) = state.takeFirst()
                    if let element { return (.some(element), sender) }
                    if state.isFinished || Task.isCancelled { return (.some(nil), nil) }
                    state.receiver = continuation
                    return (nil, nil)
                }
                sender?.continuation.resume(returning: true)
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let receiver = state.withLock { $0.receiver.take() }
            receiver?.resume(returning: nil)
        }
    }

    /// What was sent before the queue ended and nobody received; nil when nothing is left. Does not wait.
    package func remaining() -> Element? {
        state.withLock { $0.elements.isEmpty ? nil : $0.elements.removeFirst() }
    }

    /// Ends the queue: waiting senders are turned away.
    package func finish() {
        let (senders, receiver) = state.withLock { state in
            state.isFinished = true
            let senders = state.senders
            state.senders = []
            return (senders, state.receiver.take())
        }
        for sender in senders { sender.continuation.resume(returning: false) }
        receiver?.resume(returning: nil)
    }
}
