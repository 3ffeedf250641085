extension AttributeRow {
    /// An attribute of a mount, with what it stands beside.
    private static func mount(_ path: String, _ mount: String, _ pointer: String, _ json: String) -> AttributeRow {
        AttributeRow(
            "services.X.volumes.\(path)", "volumes: [{\(mount)}]", file: "volumes: {v: {}}",
            .container("/HostConfig/" + pointer, json))
    }

    /// An attribute of a `configs` or `secrets` entry whose file is copied in.
    private static func copied(_ kind: String, _ name: String, _ value: String, _ file: Expectation) -> AttributeRow {
        AttributeRow(
            "services.X.\(kind).\(name)",
            "\(kind): [{source: o, target: /o, uid: \"7\", gid: \"7\", mode: 0400\(value)}]",
            file: "\(kind): {o: {file: ./file}}", file)
    }

    private static func copies(_ kind: String, default path: String) -> [AttributeRow] {
        let file = Expectation.file("/o", content: "in file", mode: 0o400, uid: 7)
        return [
            AttributeRow(
                "services.X.\(kind).source", "\(kind): [o]", file: "\(kind): {o: {file: ./file}}",
                .container(
                    "/HostConfig/Mounts/0",
                    #"{"Type": "bind", "Source": "/shop/file", "Target": "\#(path)", "ReadOnly": true}"#)),
            AttributeRow(
                "services.X.\(kind).target", "\(kind): [{source: o, target: /other}]",
                file: "\(kind): {o: {file: ./file}}",
                .container("/HostConfig/Mounts/0/Target", #""/other""#)),
            copied(kind, "uid", "", file), copied(kind, "gid", "", file), copied(kind, "mode", "", file),
        ]
    }

    static let storage =
        [
            mount("type", "type: bind, source: /s, target: /t", "Binds", #"["/s:/t:rw"]"#),
            mount("source", "type: volume, source: v, target: /t", "Binds", #"["shop_v:/t:rw"]"#),
            mount("target", "type: volume, target: /t", "Mounts/0/Target", #""/t""#),
            mount("read_only", "type: bind, source: /s, target: /t, read_only: true", "Binds", #"["/s:/t:ro"]"#),
            mount("consistency", "type: tmpfs, target: /t, consistency: cached", "Mounts/0/Consistency", #""cached""#),
            mount(
                "bind.selinux", "type: bind, source: /s, target: /t, bind: {selinux: z}", "Binds", #"["/s:/t:rw,z"]"#),
            mount(
                "bind.propagation", "type: bind, source: /s, target: /t, bind: {propagation: rslave}",
                "Mounts/0/BindOptions",
                #"{"Propagation": "rslave", "CreateMountpoint": true}"#),
            mount(
                "bind.create_host_path", "type: bind, source: /s, target: /t, bind: {create_host_path: false}",
                "Mounts",
                #"[{"Type": "bind", "Source": "/s", "Target": "/t", "ReadOnly": false}]"#),
            mount(
                "bind.recursive", "type: bind, source: /s, target: /t, bind: {recursive: readonly}",
                "Mounts/0/BindOptions/ReadOnlyForceRecursive", "true"),
            mount(
                "volume.labels", "type: volume, source: v, target: /t, volume: {labels: {a: b}}",
                "Mounts/0/VolumeOptions/Labels", #"{"a": "b"}"#),
            mount(
                "volume.nocopy", "type: volume, source: v, target: /t, volume: {nocopy: true}",
                "Mounts/0/VolumeOptions/NoCopy", "true"),
            mount(
                "volume.subpath", "type: volume, source: v, target: /t, volume: {subpath: a/b}",
                "Mounts/0/VolumeOptions/Subpath", #""a/b""#),
            mount(
                "tmpfs.size", "type: tmpfs, target: /t, tmpfs: {size: 1m}", "Mounts/0/TmpfsOptions/SizeBytes", "1048576"
            ),
            mount("tmpfs.mode", "type: tmpfs, target: /t, tmpfs: {mode: 0700}", "Mounts/0/TmpfsOptions/Mode", "448"),
            mount(
                "image.subpath", "type: image, source: other, target: /t, image: {subpath: a}", "Mounts/0",
                #"{"Type": "image", "Source": "other", "Target": "/t", "ReadOnly": false, "ImageOptions": {"Subpath": "a"}}"#
            ),
            AttributeRow(
                "services.X.volumes_from", "volumes_from: [\"db:ro\", \"container:other\"]",
                .container("/HostConfig/VolumesFrom", #"["<shop-db-1>:ro", "other"]"#)),
            AttributeRow(
                "services.X.tmpfs", "tmpfs: [/a, \"/b:size=1m\"]",
                .container("/HostConfig/Tmpfs", #"{"/a": "", "/b": "size=1m"}"#)),
            AttributeRow("services.X.read_only", "read_only: true", .container("/HostConfig/ReadonlyRootfs", "true")),
            AttributeRow("services.X.shm_size", "shm_size: 32m", .container("/HostConfig/ShmSize", "33554432")),
            AttributeRow(
                "services.X.storage_opt", "storage_opt: {size: 1G}",
                .container("/HostConfig/StorageOpt", #"{"size": "1G"}"#)),
        ] + copies("configs", default: "/o") + copies("secrets", default: "/run/secrets/o")
}
