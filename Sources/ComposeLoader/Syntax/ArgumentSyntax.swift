package import ComposeModel

/// What command lines say in the short forms of Compose files.
package struct ArgumentSyntax: Sendable {
    private let workingDirectory: String
    private let paths: PathResolver

    /// An argument that cannot be understood: a sentence without the option's name.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameters:
    ///   - workingDirectory: the absolute folder that relative paths start from.
    ///   - home: what `~` stands for, nil where nobody knows.
    package init(workingDirectory: String, home: String?) {
        self.workingDirectory = workingDirectory
        paths = PathResolver(base: workingDirectory, home: home)
    }

    /// A mount, from `[SOURCE:]TARGET[:OPTION,...]`.
    package func mount(_ text: String) throws(Fault) -> Mount {
        let syntax: MountSyntax
        do throws(MountSyntax.Fault) { syntax = try MountSyntax(text) } catch {
            throw Fault(description: error.message)
        }
        if let option = syntax.unknownOptions.first {
            throw Fault(description: "\"\(text)\" has the option \"\(option)\", which means nothing")
        }
        var mount = Mount(
            syntax.kind == .bind ? .bind : .volume, source: syntax.source, target: FilePath.clean(syntax.target))
        mount.readOnly = syntax.readOnly
        if syntax.kind == .bind {
            mount.source = syntax.source.map(paths.mountSource)
            var options = Mount.BindOptions()
            options.propagation = syntax.propagation
            options.selinux = syntax.selinux
            mount.bind = options
        } else if syntax.noCopy {
            var options = Mount.VolumeOptions()
            options.noCopy = true
            mount.volume = options
        }
        return mount
    }

    /// Ports, from `[ADDRESS:][HOST:]CONTAINER[/PROTOCOL]`.
    package func ports(_ text: String) throws(Fault) -> [Port] {
        do throws(PortSyntax.Fault) {
            return try PortSyntax.parse(text).map {
                Port(target: $0.target, published: $0.published, hostAddress: $0.address, transport: $0.transport)
            }
        } catch {
            throw Fault(description: error.message)
        }
    }

    /// The words of a command line, with a shell's quotes.
    package func words(_ text: String) throws(Fault) -> [String] {
        let line: ShellWords
        do throws(ShellWords.Fault) { line = try ShellWords(text) } catch {
            throw Fault(
                description: "\"\(text)\" cannot be split into words, because a quote or bracket in it is amiss")
        }
        if let end = line.operatorFound {
            throw Fault(
                description: "\"\(text)\" has \"\(end.character)\" in it, and no shell reads it; put it in quotes")
        }
        return line.words
    }

    /// The variables of env files, later ones over earlier ones; references in them see `environment` first.
    ///
    /// - Throws: every mistake found in them.
    package func variables(
        ofFiles names: [String], over environment: [String: String]
    ) throws(LoadFailure) -> [String: String] {
        var reporter = Reporter()
        let reader = EnvironmentReader(files: SystemFiles(), workingDirectory: workingDirectory)
        let variables = reader.read(
            names.map { FilePath.join(workingDirectory, $0) }, over: environment, &reporter)
        if reporter.hasErrors { throw LoadFailure(diagnostics: reporter.sorted) }
        return variables
    }
}
