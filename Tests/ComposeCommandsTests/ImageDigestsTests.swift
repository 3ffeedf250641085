import Testing

@testable import ComposeCommands

@Suite struct ImageDigestsTests {
    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"), ("busybox:1", "docker.io/library/busybox:1"),
        ("me/app", "docker.io/me/app:latest"), ("docker.io/busybox", "docker.io/library/busybox:latest"),
        ("localhost/app:2", "localhost/app:2"), ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:latest"),
        ("registry.example/app:1", "registry.example/app:1"),
    ])
    func aNameIsWrittenOut(image: String, expected: String) {
        #expect(ImageDigests.fullName(of: image) == expected)
    }
}
