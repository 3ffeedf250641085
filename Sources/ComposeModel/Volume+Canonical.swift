extension Volume {
    /// The volume as Docker Compose prints it.
    package var canonical: CanonicalValue { canonical(driver: driver) }

    /// The bytes whose SHA-256 is the volume's `config-hash`; no driver counts as `local`.
    package var hashInput: [UInt8] {
        canonical(driver: driver.flatMap { $0.isEmpty ? nil : $0 } ?? "local").json()
    }

    private func canonical(driver: String?) -> CanonicalValue {
        var fields = CanonicalFields()
        fields.add("name", name)
        fields.add("driver", driver)
        fields.add("driver_opts", driverOptions)
        fields.add("external", isExternal)
        fields.add("labels", labels)
        return fields.object
    }
}

extension FileResource {
    /// The config or secret as Docker Compose prints it.
    package var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("name", name)
        switch source {
        case .file(let path): fields.add("file", path)
        case .environment(let name, _): fields.add("environment", name)
        case .content(let text): fields.add("content", text)
        case .external: fields.add("external", true)
        case .driver: break
        }
        fields.add("labels", labels)
        fields.add("driver", driver)
        fields.add("driver_opts", driverOptions)
        fields.add("template_driver", templateDriver)
        return fields.object
    }
}
