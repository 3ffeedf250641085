extension Mount {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("type", kind.rawValue)
        fields.add("source", source)
        fields.add("target", target)
        fields.add("read_only", readOnly)
        fields.add("consistency", consistency)
        fields.set("bind", bind?.canonical)
        fields.set("volume", volume?.canonical)
        fields.set("tmpfs", temporary?.canonical)
        fields.set("image", image?.canonical)
        return fields.object
    }
}

extension Mount.BindOptions {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("selinux", selinux)
        fields.add("propagation", propagation)
        fields.add("create_host_path", createHostPath)
        fields.add("recursive", recursive)
        return fields.object
    }
}

extension Mount.VolumeOptions {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("labels", labels)
        fields.add("nocopy", noCopy)
        fields.add("subpath", subpath)
        return fields.object
    }
}

extension Mount.TemporaryOptions {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.addBytes("size", size)
        fields.add("mode", mode)
        return fields.object
    }
}

extension Mount.ImageOptions {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("subpath", subpath)
        return fields.object
    }
}

extension FileMount {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("source", source)
        fields.add("target", target)
        fields.add("uid", uid)
        fields.add("gid", gid)
        fields.add("mode", mode.map { "0" + String($0, radix: 8) })
        return fields.object
    }
}

extension Port {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("name", name)
        fields.add("mode", mode)
        fields.add("host_ip", hostAddress)
        fields.add("target", target)
        fields.add("published", published)
        fields.add("protocol", transport)
        fields.add("app_protocol", applicationProtocol)
        return fields.object
    }
}
