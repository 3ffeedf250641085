import NIOCore
import SinkAPI
import Synchronization

/// A session with a RELP receiver: opened, with numbers that go on through it.
final class RELPSession: StreamSession {
    let connection: StreamConnection
    private let name: String
    private let number = Mutex(1)

    /// The protocol's own limit, after which numbers begin again.
    private static let largestNumber = 999_999_999
    private static let offers = "relp_version=0\nrelp_software=gantry\ncommands=syslog"

    private init(connection: StreamConnection, name: String) {
        self.connection = connection
        self.name = name
    }

    /// Opens a session over a new connection.
    static func open(on connection: StreamConnection, name: String) async throws -> RELPSession {
        let session = RELPSession(connection: connection, name: name)
        try await connection.perform("open a RELP session") {
            var bytes = ByteBuffer()
            let number = session.append("open", Array(offers.utf8), [], to: &bytes)
            try await connection.write(bytes)
            let answer = try await session.answer()
            guard answer.number == number, answer.data.starts(with: "200 ".utf8) else {
                throw SinkFailure.misconfigured(
                    "\(name) opens no session: \(SecretText().safe(String(decoding: answer.data, as: UTF8.self)))")
            }
        }
        return session
    }

    /// Appends a command's frame and returns its number.
    func append(_ command: StaticString, _ head: [UInt8], _ text: ArraySlice<UInt8>, to bytes: inout ByteBuffer) -> Int
    {
        let number = number.withLock { number in
            defer { number = number == RELPSession.largestNumber ? 1 : number + 1 }
            return number
        }
        var frame: [UInt8] = []
        Digits.append(UInt64(number), to: &frame)
        frame.append(0x20)
        JSONText.append(command, to: &frame)
        frame.append(0x20)
        Digits.append(UInt64(head.count + text.count), to: &frame)
        if head.count + text.count > 0 { frame.append(0x20) }
        bytes.writeBytes(frame)
        bytes.writeBytes(head)
        bytes.writeBytes(text)
        bytes.writeInteger(UInt8(0x0A))
        return number
    }

    /// The next answer. A receiver that goes says so with number 0.
    func answer() async throws -> RELPFrame {
        let frame: RELPFrame
        do {
            frame = try await connection.receive { try RELPFrame.parse(&$0) }
        } catch is RELPFrame.Malformed {
            throw SinkFailure.unavailable("\(name) answers what is no RELP")
        }
        guard frame.command == "rsp" else { throw SinkFailure.unavailable("\(name) closes the session") }
        return frame
    }

    /// Says goodbye, and waits until the receiver has heard it.
    func close() async {
        try? await connection.perform("close the RELP session") {
            var bytes = ByteBuffer()
            _ = append("close", [], [], to: &bytes)
            try await connection.write(bytes)
            _ = try await answer()
        }
        connection.close()
    }
}
