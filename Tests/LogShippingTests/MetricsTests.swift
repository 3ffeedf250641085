import LogSpool
import Metrics
import NIOCore
import NIOPosix
import Testing

@testable import LogShipping

@Suite(.timeLimit(.minutes(5))) struct MetricsTests {
    @Test func showsNumbersAsPrometheusReadsThem() {
        let registry = PrometheusRegistry()
        Counter(label: "a.b-total", dimensions: [("sink", "x\"\\\n")], factory: registry).increment(by: 3)
        Counter(label: "a.b-total", dimensions: [("sink", "x\"\\\n")], factory: registry).increment()
        FloatingPointCounter(label: "c", factory: registry).increment(by: 0.5)
        Gauge(label: "g", dimensions: [("k", "v"), ("l", "w")], factory: registry).record(2.5)
        Timer(label: "t", factory: registry).recordNanoseconds(1_500_000_000)
        Gauge(label: "c", factory: registry).record(9)
        let gone = Counter(label: "gone", factory: registry)
        gone.destroy()
        #expect(
            registry.text() == """
                # TYPE a_b_total counter
                a_b_total{sink="x\\"\\\\\\n"} 4
                # TYPE c counter
                c 0.5
                # TYPE g gauge
                g{k="v",l="w"} 2.5
                # TYPE t summary
                t_sum 1.5
                t_count 1

                """)
    }

    @Test(arguments: ["0.0.0.0", "::", "192.168.1.1", "localhost", "", "8.8.8.8"])
    func servesNobodyElse(host: String) async {
        await #expect(throws: MetricsListener.Failure.self) {
            try await MetricsListener(PrometheusRegistry(), host: host)
        }
    }

    @Test func answersGetOfItsPathOnly() async throws {
        let registry = PrometheusRegistry()
        Counter(label: "c", factory: registry).increment()
        let listener = try await MetricsListener(registry, token: "s3", longest: .seconds(3600))
        func answer(_ request: String) async throws -> String { try await exchange(request, port: listener.port) }
        let token = "Authorization: Bearer s3\r\n"
        let good = try await answer("GET /metrics HTTP/1.1\r\nHost: x\r\n\(token)\r\n")
        #expect(good.hasPrefix("HTTP/1.1 200 OK\r\n") && good.hasSuffix("\r\n\r\n# TYPE c counter\nc 1\n"))
        #expect(good.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(try await answer("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("HTTP/1.1 401"))
        #expect(try await answer("GET /other HTTP/1.1\r\nHost: x\r\n\(token)\r\n").hasPrefix("HTTP/1.1 404"))
        #expect(
            try await answer("POST /metrics HTTP/1.1\r\nHost: x\r\n\(token)Content-Length: 2\r\n\r\nab")
                .hasPrefix("HTTP/1.1 405"))
        let long = String(repeating: "x", count: MetricsListener.largestRequest)
        #expect(try await answer("GET /metrics HTTP/1.1\r\nHost: \(long)\r\n\r\n").isEmpty)
        await listener.close()
    }

    /// What comes back until the other side closes.
    private func exchange(_ request: String, port: Int) async throws -> String {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            var answer = ""
            do {
                try await outbound.write(ByteBuffer(string: request))
                for try await part in inbound { answer += String(buffer: part) }
            } catch is IOError {} catch ChannelError.ioOnClosedChannel {}
            return answer
        }
    }
}
