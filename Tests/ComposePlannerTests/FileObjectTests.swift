import ComposeModel
import ComposePlanner
import EngineAPI
import Testing

/// Configs and secrets are mounted where a file of the host will do, copied in otherwise, and refused with the reason.
@Suite struct FileObjectTests {
    private func stage(
        _ source: FileResource.Source, _ configure: (inout Service) -> Void = { _ in },
        object: (inout FileResource) -> Void = { _ in }
    ) -> Planned {
        Planned(
            .app("web") {
                $0.configs = [FileMount(source: "conf", target: "/etc/conf")]
                configure(&$0)
            },
            also: {
                var resource = FileResource(key: "conf", name: "conf", source: source)
                object(&resource)
                $0.configs["conf"] = resource
            })
    }

    private func files(_ stage: Planned) throws -> [InjectedFile] {
        var found: [InjectedFile] = []
        for case .files(let files) in try stage.plan().specs.values { found += files }
        return found
    }

    private func mounts(_ stage: Planned) throws -> [MountSpec] {
        var found: [MountSpec] = []
        for case .container(let spec) in try stage.plan().specs.values { found += spec.mounts }
        return found
    }

    @Test func anOwnerOrAModeMakesAFileACopy() throws {
        var stage = stage(.file("/shop/conf")) { $0.configs[0].mode = 0o400 }
        #expect(stage.project.hostFilesToRead == ["/shop/conf"])
        stage.observed.hostFiles["/shop/conf"] = .content([1, 2])
        #expect(try files(stage) == [InjectedFile(path: "/etc/conf", content: [1, 2], mode: 0o400)])
        #expect(try mounts(stage) == [])
        stage.change("web") { $0.configs[0].mode = nil }
        #expect(try files(stage) == [])
        #expect(
            try mounts(stage) == [MountSpec(type: "bind", source: "/shop/conf", target: "/etc/conf", readOnly: true)])
    }

    @Test func aChangedCopyReplacesTheContainer() throws {
        var stage = stage(.file("/shop/conf")) { $0.configs[0].uid = "7" }
        stage.observed.hostFiles["/shop/conf"] = .content([1])
        stage = try stage.up()
        #expect(try stage.plan().isEmpty)
        stage.observed.hostFiles["/shop/conf"] = .content([2])
        #expect(try stage.text().contains("file ./conf changed"))
    }

    @Test func aReadOnlyRootTakesAMountButNoCopy() throws {
        let mounted = stage(.file("/shop/conf")) {
            $0.readOnly = true
            $0.configs[0].mode = 0o400
        }
        #expect(try mounts(mounted).count == 1)
        #expect(
            try mounted.plan().notices == [
                "Service web: uid, gid and mode of config conf have no effect, because with `read_only` the file is mounted "
                    + "as it is on the host."
            ])
        #expect(
            stage(.content("x")) { $0.readOnly = true }.problems() == [
                "Service web: config conf cannot be copied into a container with `read_only`; keep it in a file, which is "
                    + "mounted, or remove `read_only`."
            ])
    }

    @Test func whatCoversAFileIsSaid() throws {
        #expect(
            try stage(.content("x")) { $0.temporaryFileSystems = ["/etc:size=1m"] }.plan().notices == [
                "Service web: config conf cannot be seen in the container, because an empty tmpfs covers it at /etc."
            ])
        let covered = stage(.file("/shop/conf")) { $0.volumes = [Mount(.volume, target: "/etc/conf")] }
        #expect(try mounts(covered).map(\.type) == ["volume"])
        #expect(try covered.plan().notices.count == 1)
    }

    @Test func everythingThatCannotBeHadIsRefusedAtOnce() {
        let problems = Planned(
            .app("web") {
                $0.configs = ["ext", "none", "templated", "folder"].map { FileMount(source: $0) }
                $0.configs[3].uid = "7"
                $0.secrets = ["unset", "driven", "odd"].map { FileMount(source: $0) }
                $0.secrets[2].gid = "staff"
            },
            also: { project in
                func add(
                    _ key: String, _ source: FileResource.Source, _ change: (inout FileResource) -> Void = { _ in }
                ) {
                    var resource = FileResource(key: key, name: key, source: source)
                    change(&resource)
                    project.configs[key] = resource
                    project.secrets[key] = resource
                }
                add("ext", .external)
                add("none", .driver)
                add("templated", .content("x")) { $0.templateDriver = "golang" }
                add("folder", .file("/shop/folder"))
                add("unset", .environment(name: "TOKEN", value: nil))
                add("driven", .file("/shop/f")) { $0.driver = "vault" }
                add("odd", .content("x"))
            }
        )
        .with { $0.observed.hostFiles["/shop/folder"] = .unusable("is a directory") }.problems()
        #expect(
            problems == [
                "Service web: config ext is external, and only Swarm keeps such objects.",
                "Service web: config none has no content: one of `file`, `environment` and `content` is needed.",
                "Service web: config templated is filled in by the template driver golang, which only Swarm has.",
                "Service web: config folder cannot be copied into the container: /shop/folder is a directory.",
                "Service web: secret unset needs the variable TOKEN, which is not set.",
                "Service web: secret driven is made by the driver vault, which only Swarm has.",
                "Service web: secret odd has gid \"staff\", which is no number from 0 to 2097151.",
            ])
    }
}

extension Planned {
    fileprivate func with(_ change: (inout Planned) -> Void) -> Planned {
        var result = self
        change(&result)
        return result
    }
}
