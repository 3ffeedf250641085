import ComposeLogs
import EngineAPI
import SinkAPI
import Testing

@testable import ComposeSupervisor

@Suite struct LogSelectionTests {
    @Test(arguments: [
        ("shop-web-1", "web-1"), ("shop_web_1", "web_1"), ("database", "database"),
        ("0123456789ab_shop-web-1", "web-1"), ("0123456789ab_database", "database"), ("my_database", "my_database"),
    ])
    func namesContainersAsReadersKnowThem(_ name: String, _ label: String) {
        let source = LogSource(
            container: "c", name: LogSelection.lastingName(of: name), project: "shop", service: "web")
        #expect(source.label == label)
    }
}
