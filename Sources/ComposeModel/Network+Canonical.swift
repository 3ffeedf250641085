extension Network {
    /// The network as Docker Compose prints it.
    package var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("name", name)
        fields.add("driver", driver)
        fields.add("driver_opts", driverOptions)
        fields.set("ipam", ipam?.canonical ?? .object([]))
        fields.add("external", isExternal)
        fields.add("internal", isInternal)
        fields.add("attachable", isAttachable)
        fields.add("labels", labels)
        fields.set("enable_ipv4", enableIPv4.map(CanonicalValue.bool))
        fields.set("enable_ipv6", enableIPv6.map(CanonicalValue.bool))
        return fields.object
    }

    /// The bytes whose SHA-256 is the network's `config-hash`.
    package var hashInput: [UInt8] { canonical.json() }
}

extension Network.AddressManagement {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("driver", driver)
        fields.add("config", pools.map(\.canonical))
        fields.add("options", options)
        return fields.object
    }
}

extension Network.AddressRange {
    fileprivate var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("subnet", subnet)
        fields.add("gateway", gateway)
        fields.add("ip_range", range)
        fields.add("aux_addresses", reserved)
        return fields.object
    }
}

extension NetworkMembership {
    var canonical: CanonicalValue {
        var fields = CanonicalFields()
        fields.add("aliases", aliases)
        fields.add("driver_opts", driverOptions)
        fields.add("gw_priority", gatewayPriority)
        fields.add("interface_name", interfaceName)
        fields.add("ipv4_address", ipv4Address)
        fields.add("ipv6_address", ipv6Address)
        fields.add("link_local_ips", linkLocalAddresses)
        fields.add("mac_address", macAddress)
        fields.add("priority", priority)
        return fields.object
    }
}
