import YAML

extension ShortForm {
    /// One string where a list is expected.
    static let alone = ShortForm(kind: .scalar) { node, _ in [node.list([node])] }

    /// One value of any type where a list is expected.
    static let single = ShortForm(kind: .scalar, types: [.string, .number, .boolean], isLate: true) { node, _ in
        [node.list([node])]
    }

    /// A string where a mapping with one attribute is expected.
    static func named(_ attribute: String) -> ShortForm {
        ShortForm(kind: .scalar) { node, _ in [node.object([(attribute, node)])] }
    }

    /// `KEY=VALUE` in a list.
    static let keyValueLines = ShortForm(kind: .list) { node, conformer in
        var mapping = Mapping()
        for (index, item) in (node.items ?? []).enumerated() {
            guard let text = item.text, case .string = item.scalarValue else {
                conformer.reporter.enter(String(index))
                conformer.expected("a string such as KEY=VALUE", found: item)
                conformer.reporter.leave()
                continue
            }
            let bytes = text.utf8
            if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
                let value = String(text[bytes.index(after: equals)...])
                mapping.set(
                    Mapping.Entry(key: Mapping.Key(String(text[..<equals]), mark: item.mark), value: item.string(value))
                )
            } else {
                mapping.set(Mapping.Entry(key: Mapping.Key(text, mark: item.mark), value: item.plain("")))
            }
        }
        return [Node(.mapping(mapping), mark: node.mark)]
    }

    /// The same, left short where variables are not replaced.
    var stayingShort: ShortForm {
        var result = self
        result.staysShort = true
        return result
    }

    /// Names in a list where a mapping of names is expected.
    static func names(_ value: @escaping @Sendable (Node) -> Node) -> ShortForm {
        ShortForm(kind: .list) { node, conformer in
            var mapping = Mapping()
            for (index, item) in (node.items ?? []).enumerated() {
                guard let name = item.text, case .string = item.scalarValue else {
                    conformer.reporter.enter(String(index))
                    conformer.expected("a name", found: item)
                    conformer.reporter.leave()
                    continue
                }
                guard mapping[name] == nil else {
                    conformer.reporter.enter(String(index))
                    conformer.reporter.error("\"\(name)\" is listed twice", at: item.mark)
                    conformer.reporter.leave()
                    continue
                }
                mapping.set(Mapping.Entry(key: Mapping.Key(name, mark: item.mark), value: value(item)))
            }
            return [Node(.mapping(mapping), mark: node.mark)]
        }
    }

    /// A command as one line.
    static let commandLine = ShortForm(kind: .scalar, staysShort: true) { node, conformer in
        let line = node.text ?? ""
        if conformer.asWritten, Template.isTemplate(line) { return [node.list([node])] }
        do throws(ShellWords.Fault) {
            let split = try ShellWords(line)
            if let found = split.operatorFound, !conformer.reporter.isFull {
                conformer.reporter.warn(
                    .commandOperator,
                    "the command ends at \"\(found.character)\", because no shell runs it; what follows is ignored",
                    at: node.mark.advanced(to: found.offset, of: line))
            }
            return [node.list(split.words.map(node.string))]
        } catch {
            let fault =
                switch error {
                case .unclosedQuote: "a quote is not closed"
                case .trailingBackslash: "it ends with a backslash"
                case .parenthesis: "it has a parenthesis outside quotes"
                case .tooLong: "it is longer than the 2 MiB that Linux runs"
                }
            conformer.reporter.error(
                "the command line cannot be split into words: \(fault)", at: node.mark,
                hint: "write it as a list of words")
            return []
        }
    }

    /// A healthcheck as one line, which a shell runs.
    static let shellTest = ShortForm(kind: .scalar, staysShort: true) { node, _ in
        [node.list([node.string("CMD-SHELL"), node])]
    }

    /// `host: address` or `host: [address, ...]`.
    static let hostMapping = ShortForm(kind: .mapping, staysShort: true) { node, conformer in
        var items: [Node] = []
        for entry in node.mapping?.entries ?? [] {
            let addresses = entry.value.items ?? [entry.value]
            for address in addresses {
                guard let text = address.text else {
                    conformer.reporter.enter(entry.key.name)
                    conformer.expected("an address or a list of addresses", found: address)
                    conformer.reporter.leave()
                    continue
                }
                items.append(
                    Node(.scalar(Scalar("\(entry.key.name)=\(text)", style: .doubleQuoted)), mark: entry.key.mark))
            }
        }
        return [node.list(items)]
    }

    /// A port or several, as `8080:80`.
    static let ports = ShortForm(kind: .scalar, types: [.string, .integer]) { node, conformer in
        let text = node.scalarValue?.text ?? ""
        if conformer.asWritten, Template.isTemplate(text) { return [node] }
        if let other = node.base60 {
            conformer.reporter.warn(
                .base60Port, "other programs that read YAML 1.1 take \(text) for the number \(other), in base 60",
                at: node.mark)
        }
        return conformer.ports(text, at: node.mark).map { port in
            node.object([
                ("mode", node.string("ingress")),
                ("host_ip", port.address.map(node.string)),
                ("target", node.plain(String(port.target))),
                ("published", port.published.map(node.string)),
                ("protocol", node.string(port.transport)),
            ])
        }
    }

    /// A volume, as `data:/var/lib/data:ro`.
    static let mount = ShortForm(kind: .scalar) { node, conformer in
        let text = node.text ?? ""
        do throws(MountSyntax.Fault) {
            let mount = try MountSyntax(text)
            if mount.hasDrive {
                conformer.reporter.warn(
                    .windowsDrive, "one letter before a colon is taken for a Windows drive, not for a volume's name",
                    at: node.mark)
            }
            for option in mount.unknownOptions {
                conformer.reporter.warn(
                    .unknownOption, "the option \"\(option)\" means nothing and is ignored", at: node.mark)
            }
            var bind: [(String, Node?)] = []
            if let selinux = mount.selinux { bind.append(("selinux", node.string(selinux))) }
            if let propagation = mount.propagation { bind.append(("propagation", node.string(propagation))) }
            if mount.kind == .bind { bind.append(("create_host_path", node.plain("true"))) }
            // Docker Compose gives a target of one or two letters no options, which shows in its hash.
            let isVolume = (mount.kind == .volume && text.utf8.count > 2) || mount.noCopy
            return [
                node.object([
                    ("type", node.string(mount.kind.rawValue)),
                    ("source", mount.source.map(node.string)),
                    ("target", node.string(FilePath.clean(mount.target))),
                    ("read_only", mount.readOnly ? node.plain("true") : nil),
                    ("bind", bind.isEmpty ? nil : node.object(bind)),
                    ("volume", isVolume ? node.object([("nocopy", mount.noCopy ? node.plain("true") : nil)]) : nil),
                ])
            ]
        } catch {
            conformer.reporter.error(error.message, at: node.mark)
            return []
        }
    }

    /// A device, as `/dev/sda:/dev/xvda:rwm`.
    static let device = ShortForm(kind: .scalar) { node, conformer in
        let parts = (node.text ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), let source = parts.first else {
            conformer.reporter.error(
                "\"\(node.text ?? "")\" is not a device", at: node.mark,
                hint: "devices are written HOST[:CONTAINER[:PERMISSIONS]]")
            return []
        }
        let target = parts.count > 1 && !parts[1].isEmpty ? parts[1] : source
        return [
            node.object([
                ("source", node.string(source)),
                ("target", node.string(target)),
                ("permissions", node.string(parts.count > 2 ? parts[2] : "rwm")),
            ])
        ]
    }

    /// `gpus: all`.
    static let allDevices = ShortForm(kind: .scalar, isLate: true) { node, conformer in
        guard node.text == "all" else {
            conformer.expected("\"all\" or a list", found: node)
            return []
        }
        return [node.list([node.object([("count", node.string("all"))])])]
    }

    /// `default` or `id=path` in a list.
    static let keys = ShortForm(kind: .list) { node, conformer in
        var mapping = Mapping()
        for item in node.items ?? [] {
            let parts = (item.text ?? "").split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let identifier = parts.first, parts.count == 2 || identifier == "default" else {
                conformer.reporter.error(
                    "\"\(item.text ?? "")\" names no key", at: item.mark, hint: "write \"default\" or ID=PATH")
                continue
            }
            let value = parts.count == 2 ? item.string(String(parts[1])) : item.plain("")
            mapping.set(Mapping.Entry(key: Mapping.Key(String(identifier), mark: item.mark), value: value))
        }
        return [Node(.mapping(mapping), mark: node.mark)]
    }
}
