package import YAML

/// One thing that is wrong, or suspicious, in what was loaded.
package struct Diagnostic: Sendable {
    package enum Severity: Sendable {
        case error
        case warning
    }

    package var severity: Severity
    /// Where in a file; nil for what no file says, such as a missing file or a command-line option.
    package var mark: Mark?
    /// The attribute it is about, as `services.web.depends_on`; empty where there is none.
    package var path: String
    /// A sentence without the place.
    package var message: String
    /// What to do about it, where there is more to say than the message does.
    package var hint: String?
    /// For a warning: what it warns of.
    package var trap: Trap?
    /// Whether it says that there is no file to read at all, which some commands can do without.
    package var isProjectMissing = false
    /// Whether it is an error only because warnings are not allowed.
    package var isStrict = false

    package init(_ severity: Severity, _ message: String, path: String = "", mark: Mark? = nil, hint: String? = nil) {
        self.severity = severity
        self.message = message
        self.path = path
        self.mark = mark
        self.hint = hint
    }

    /// A warning as the error that it is where warnings are not allowed.
    var strict: Diagnostic {
        guard severity == .warning else { return self }
        var result = self
        result.severity = .error
        result.isStrict = true
        return result
    }
}

/// Why a project could not be loaded: at least one error, and the warnings found beside it, sorted by place.
package struct LoadFailure: Error, Sendable, CustomStringConvertible {
    package var diagnostics: [Diagnostic]

    /// Whether nothing is wrong but that there is no file to read.
    package var isProjectMissing: Bool { diagnostics.contains(where: \.isProjectMissing) }

    /// All diagnostics as text.
    package var description: String { DiagnosticRenderer().text(of: diagnostics) }
}
