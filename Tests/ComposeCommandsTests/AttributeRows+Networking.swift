extension AttributeRow {
    /// An attribute of the membership in the default network.
    private static func membership(_ name: String, _ value: String, _ pointer: String, _ json: String) -> AttributeRow {
        AttributeRow(
            "services.X.networks.X.\(name)", "networks: {default: {\(name): \(value)}}",
            .container("/NetworkingConfig/EndpointsConfig/shop_default/\(pointer)", json))
    }

    /// An attribute of a port.
    private static func port(_ name: String, _ value: String, _ expectation: Expectation) -> AttributeRow {
        AttributeRow(
            "services.X.ports.\(name)", "ports: [{target: 80, published: 8080, \(name): \(value)}]", expectation)
    }

    static let networking = [
        AttributeRow(
            "services.X.ports.target", "ports: [{target: 80}]", .container("/ExposedPorts", #"{"80/tcp": {}}"#),
            .container("/HostConfig/PortBindings/80~1tcp", #"[{"HostIp": "", "HostPort": ""}]"#)),
        AttributeRow(
            "services.X.ports.published", "ports: [{target: 80, published: 8000-8010}]",
            .container("/HostConfig/PortBindings/80~1tcp/0/HostPort", #""8000-8010""#)),
        port("host_ip", "\"::1\"", .container("/HostConfig/PortBindings/80~1tcp/0/HostIp", #""::1""#)),
        port("protocol", "udp", .container("/HostConfig/PortBindings/80~1udp/0/HostPort", #""8080""#)),
        port("mode", "host", .here("a word for Swarm; on one machine every port is the host's")),
        port("name", "web", .here("a word for people")),
        port("app_protocol", "http", .here("a word for people")),
        AttributeRow(
            "services.X.expose", "expose: [\"80\", 90-91/udp]",
            .container("/ExposedPorts", #"{"80/tcp": {}, "90/udp": {}, "91/udp": {}}"#)),
        membership("aliases", "[site]", "Aliases", #"["shop-web-1", "web", "site"]"#),
        membership("driver_opts", "{a: b}", "DriverOpts", #"{"a": "b"}"#),
        membership("gw_priority", "5", "GwPriority", "5"),
        membership("interface_name", "eth9", "DriverOpts", #"{"com.docker.network.endpoint.ifname": "eth9"}"#),
        membership("ipv4_address", "10.0.0.5", "IPAMConfig", #"{"IPv4Address": "10.0.0.5"}"#),
        membership("ipv6_address", "\"fd00::5\"", "IPAMConfig", #"{"IPv6Address": "fd00::5"}"#),
        membership("link_local_ips", "[169.254.1.9]", "IPAMConfig", #"{"LinkLocalIPs": ["169.254.1.9"]}"#),
        membership("mac_address", "\"02:00:00:00:00:09\"", "MacAddress", #""02:00:00:00:00:09""#),
        AttributeRow(
            "services.X.networks.X.priority", "networks: {default: , front: {priority: 9}}",
            file: "networks: {front: {}}",
            .container("/HostConfig/NetworkMode", #""shop_front""#)),
        AttributeRow(
            "services.X.network_mode", "network_mode: \"service:db\"",
            .container("/HostConfig/NetworkMode", #""container:<shop-db-1>""#)),
        AttributeRow(
            "services.X.links", "links: [\"db:store\"]",
            .container(
                "/NetworkingConfig/EndpointsConfig/shop_default/Links",
                #"["shop-db-1:store", "shop-db-1:db-1", "shop-db-1:shop-db-1"]"#)),
        AttributeRow(
            "services.X.external_links", "network_mode: bridge, external_links: [old, \"a:b\"]",
            .container("/HostConfig/Links", #"["old:old", "a:b"]"#)),
        AttributeRow(
            "services.X.extra_hosts", "extra_hosts: [\"a=[::1]\", \"b:host-gateway\"]",
            .container("/HostConfig/ExtraHosts", #"["a:::1", "b:host-gateway"]"#)),
        AttributeRow("services.X.dns", "dns: 1.1.1.1", .container("/HostConfig/Dns", #"["1.1.1.1"]"#)),
        AttributeRow("services.X.dns_opt", "dns_opt: [ndots:2]", .container("/HostConfig/DnsOptions", #"["ndots:2"]"#)),
        AttributeRow("services.X.dns_search", "dns_search: a.org", .container("/HostConfig/DnsSearch", #"["a.org"]"#)),
        AttributeRow(
            "services.X.mac_address", "mac_address: \"02:00:00:00:00:09\"",
            .container("/NetworkingConfig/EndpointsConfig/shop_default/MacAddress", #""02:00:00:00:00:09""#)),
    ]
}
