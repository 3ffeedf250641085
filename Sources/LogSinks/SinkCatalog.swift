package import SinkAPI

/// The kinds of sinks that there are.
package enum SinkCatalog {
    /// Those of other packages, which ``CommandLineTool`` is started with.
    @TaskLocal package static var added: [any SinkKind.Type] = []

    /// All of them. Where two have the same scheme the first is meant, so none takes the place of a built-in one.
    package static var kinds: [any SinkKind.Type] { http + streams + added }

    /// Those that speak HTTP.
    private static let http: [any SinkKind.Type] = [
        HTTPWebhook.self, HTTPSWebhook.self, LokiSink.self, Elasticsearch.self, OpenSearch.self, OTLPSink.self,
        HECSink.self, S3Sink.self, JournalUploadSink.self,
    ]

    /// Those that speak over streams, datagrams and files.
    private static let streams: [any SinkKind.Type] = [
        TCPSinkKind.self, TLSSinkKind.self, UnixSinkKind.self, SyslogSinkKind.self, RELPSinkKind.self,
        GELFSinkKind.self, ForwardSinkKind.self, RedisSinkKind.self, NATSSinkKind.self, JournaldSinkKind.self,
        FileSinkKind.self, ConsoleSinkKind.self, ExecSinkKind.self, SQLiteSinkKind.self,
    ]

    /// Makes the sink that a location names.
    ///
    /// - Throws: ``SinkConfigurationError`` for a kind that there is not, and for what the sink says of the location.
    package static func make(_ location: SinkLocation) throws -> any Sink {
        let kinds = kinds
        guard let kind = kinds.first(where: { $0.scheme == location.kind }) else {
            let names = kinds.map { $0.scheme }
            let hint = SinkSettings.closest(to: location.kind, among: names).map { ": did you mean \"\($0)\"?" }
            throw SinkConfigurationError(
                "there is no kind of sink \"\(location.kind)\"\(hint ?? "; there are \(names.joined(separator: ", "))")"
            )
        }
        return try kind.make(location)
    }
}
