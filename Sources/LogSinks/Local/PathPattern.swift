import EngineAPI
import SinkAPI

/// A file's path with places for what a source is: `./logs/{project}/{service}/{name}-{stream}.jsonl`.
struct PathPattern: Sendable, Equatable {
    private enum Piece: Equatable {
        case text(String)
        case place(Place)
    }

    enum Place: String, CaseIterable {
        case project, service, replica, name, container, stream
    }

    private let pieces: [Piece]

    /// - Throws: ``SinkConfigurationError`` for a place that there is not.
    init(_ text: String) throws(SinkConfigurationError) {
        var pieces: [Piece] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            pieces.append(.text(String(rest[..<open])))
            let end = rest[open...].firstIndex(of: "}")
            guard let end, let place = Place(rawValue: String(rest[rest.index(after: open)..<end])) else {
                let known = Place.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
                throw SinkConfigurationError("\"\(text)\" has a brace that begins none of \(known)")
            }
            pieces.append(.place(place))
            rest = rest[rest.index(after: end)...]
        }
        self.pieces = pieces + [.text(String(rest))]
    }

    /// The path for a source's stream. What a source says of itself makes no folders and leads out of none: a slash in
    /// it, and a point at its beginning, become `_`.
    func path(_ source: LogSource, _ stream: OutputStream) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .place(.project): PathPattern.safe(source.project ?? "none")
            case .place(.service): PathPattern.safe(source.service)
            case .place(.replica): String(source.number)
            case .place(.name): PathPattern.safe(source.name)
            case .place(.container): PathPattern.safe(source.container.rawValue)
            case .place(.stream): stream.rawValue
            }
        }.joined()
    }

    private static func safe(_ name: String) -> String {
        let bytes = name.utf8.enumerated().map { index, byte in
            byte == UInt8(ascii: "/") || byte == 0 || (index == 0 && byte == UInt8(ascii: "."))
                ? UInt8(ascii: "_") : byte
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }
}
