import ComposePlanner
import EngineAPI
import Testing

@Suite struct ReleaseImagesTests {
    private static func image(_ digit: Character) -> ImageID {
        ImageID("sha256:" + String(repeating: digit, count: 64))
    }
    private static func name(_ digit: Character) -> String {
        "gantry-release:shop." + String(repeating: digit, count: 12)
    }

    private static func actions(
        of project: String = "shop", present: Set<ImageID>, earlier: Set<ImageID>, named: [ImageSummary] = []
    ) -> [String] {
        Plan(project: project).keepingImages(present: present, earlier: earlier, named: named).finish
            .map(\.action.description)
    }

    @Test func anImageThatOnlyAnEarlierReleaseHasGetsAName() {
        let (a, b, c) = (Self.image("a"), Self.image("b"), Self.image("c"))
        #expect(
            Self.actions(present: [a], earlier: [a, b, c], named: [ImageSummary(id: c, tags: [Self.name("c")])])
                == ["keep image bbbbbbbbbbbb as \(Self.name("b"))"])
    }

    @Test func aNameGoesWithTheLastReleaseThatHasItsImage() {
        let (a, b, c) = (Self.image("a"), Self.image("b"), Self.image("c"))
        let named = [
            ImageSummary(id: a, tags: [Self.name("a")]), ImageSummary(id: b, tags: [Self.name("b"), "app:1"]),
            ImageSummary(
                id: c, tags: [Self.name("c"), "gantry-release:shop.mine", "gantry-release:shop2.cccccccccccc"]),
        ]
        #expect(Self.actions(present: [a], earlier: [b], named: named) == ["remove image \(Self.name("c"))"])
    }

    @Test func aNameThatNamesAnotherImageIsSetRight() {
        let (a, b) = (Self.image("a"), Self.image("b"))
        #expect(
            Self.actions(present: [], earlier: [a], named: [ImageSummary(id: b, tags: [Self.name("a")])])
                == ["keep image aaaaaaaaaaaa as \(Self.name("a"))"])
    }

    @Test func everyProjectsNameFitsIntoATag() {
        let long = String(repeating: "x", count: 300)
        let named = [long, long + "y", "a__b-", "0"].flatMap {
            Self.actions(of: $0, present: [], earlier: [Self.image("a")])
        }
        #expect(Set(named).count == 4)
        for action in named {
            let tag = action.split(separator: ":").last ?? ""
            #expect(tag.utf8.count <= 128 && tag.hasSuffix(".aaaaaaaaaaaa"), "\(action)")
        }
    }

    @Test func theOperationsFollowThoseOfThePlan() {
        var plan = Plan(project: "shop")
        plan.prepare = [Operation(id: OperationID(1), action: .createNetwork(name: "n"), cause: "c")]
        plan.finish = [Operation(id: OperationID(2), action: .removeVolume(name: "v"), cause: "c")]
        let kept = plan.keepingImages(present: [], earlier: [Self.image("a")], named: [])
        #expect(kept.prepare == plan.prepare && kept.finish.map(\.id.rawValue) == [2, 3])
        #expect(kept.finish.last?.undo == nil)
    }
}
