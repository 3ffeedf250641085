import EngineAPI
import NIOHTTP1
import Testing

@testable import DockerEngine

struct EngineRequestTests {
    private let deadline = Deadline(limit: .seconds(1), scope: .answer)

    @Test func parametersAreEscaped() throws {
        let filters = JSONText.filters(["label": ["a=b c", "ü&#"], "name": []])
        let request = EngineRequest(.GET, "/containers/json", query: [("all", "1")] + filters, deadline: deadline)
        #expect(
            request.target(in: APIVersion(1, 41))
                == "/v1.41/containers/json?all=1&filters=%7B%22label%22%3A%5B%22a%3Db%20c%22%2C%22%C3%BC%26%23%22%5D%7D"
        )
    }

    @Test func noFilterIsNoParameter() throws {
        #expect(JSONText.filters(["label": []]).isEmpty)
    }

    @Test func identifiersCannotLeaveTheirPlace() {
        #expect(URLText.component("../x?y=1 #") == "..%2Fx%3Fy%3D1%20%23")
        #expect(URLText.reference("host:5000/a/b@sha256:0 ?") == "host:5000/a/b@sha256:0%20%3F")
    }

    @Test func errorsNameTheCallWithoutParameters() {
        let request = EngineRequest(
            .POST, "/build", query: [("buildargs", "{\"TOKEN\":\"s3cret\"}")], deadline: deadline)
        #expect(request.call == "POST /build")
    }

    @Test(arguments: [
        ("busybox", false), ("busybox:1", true), ("host:5000/busybox", false), ("host:5000/busybox:1", true),
        ("busybox@sha256:00", true),
    ])
    func tagsAreToldFromPorts(reference: String, hasTag: Bool) {
        #expect(reference.hasTagOrDigest == hasTag)
    }

    @Test func durationsKeepTheirMeaning() {
        #expect(Duration.milliseconds(1500).wholeNanoseconds == 1_500_000_000)
        #expect(Duration.milliseconds(1500).secondsRoundedUp == 2)
        #expect(Duration.seconds(3).secondsRoundedUp == 3)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    }
}
