extension Build {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("context", context)
        fields.add("dockerfile", dockerfile)
        fields.add("dockerfile_inline", inlineDockerfile)
        fields.add("entitlements", entitlements)
        fields.add("args", arguments) { $0.map(CanonicalValue.string) ?? .null }
        fields.add("provenance", provenance)
        fields.add("sbom", sbom)
        fields.add("ssh", ssh.sorted { $0.key < $1.key }.map { key, path in path.isEmpty ? key : "\(key)=\(path)" })
        fields.add("labels", labels)
        fields.add("cache_from", cacheFrom)
        fields.add("cache_to", cacheTo)
        fields.add("no_cache", noCache)
        fields.add("no_cache_filter", noCacheFilter)
        fields.add("additional_contexts", additionalContexts)
        fields.add("pull", pull)
        fields.add("extra_hosts", extraHosts.canonical)
        fields.add("isolation", isolation)
        fields.add("network", network)
        fields.add("target", target)
        fields.add("secrets", secrets.map(\.canonical))
        fields.addBytes("shm_size", sharedMemory)
        fields.add("tags", tags)
        fields.add("ulimits", ulimits, \.canonical)
        fields.add("platforms", platforms)
        fields.add("privileged", privileged)
        return fields.object
    }
}
