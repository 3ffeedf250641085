package import ComposeModel

/// Why a value is what it is.
package struct Explanation: Sendable {
    /// The path, as a command line takes it.
    package var path: String
    /// The value that the project has, nil where it has none.
    package var value: CanonicalValue?
    /// Every place that says something of it, the lowest first: what comes later wins.
    package var contributions: [Contribution]
    /// Why the value is there although no place says it, or is not there.
    package var reason: String?
}

/// One place that says something of a value.
package struct Contribution: Sendable {
    /// A place in a file.
    package struct Place: Sendable, Equatable {
        package var file: String
        package var line: Int
        /// nil for a line of variables.
        package var column: Int?

        package init(file: String, line: Int, column: Int? = nil) {
            self.file = file
            self.line = line
            self.column = column
        }
    }

    /// What kind of place it is.
    package enum Source: String, Sendable {
        case file, include, extends
        case envFile = "env_file"
        case labelFile = "label_file"
    }

    /// What became of what it says.
    package enum Outcome: Sendable, Equatable {
        /// It is the value.
        case kept
        /// It is an item more in a list that others have begun.
        case appended
        /// It has no value, which leaves what is below it.
        case empty
        case replaced(by: Place)
        /// By `!reset`.
        case removed(by: Place)
        /// By `!override`, which puts something else in place of all of it.
        case overridden(by: Place)
        /// It is such a `!reset`.
        case removes
        /// It tells how to load the project, and is no part of it.
        case carriedOut
        /// It is not in the result.
        case leftOut
    }

    /// A variable that the text refers to.
    package struct Variable: Sendable, Equatable {
        package var name: String
        /// nil where it is not set.
        package var value: String?
        /// Where it was set, nil where it is not.
        package var place: VariablePlaces.Place?
        /// What the text has for it, where that was used.
        package var fallback: String?
    }

    package var place: Place
    package var source: Source
    /// Which layer it is, for people: `file 2 of 3`.
    package var layer: String
    /// Whether the place was reached through an alias or a merge key.
    package var isAliased = false
    /// The text as it is written, nil for a list or a mapping.
    package var written: String?
    /// What the text means, variables replaced; nil where that is not known.
    package var value: CanonicalValue?
    package var outcome: Outcome
    package var variables: [Variable] = []
}
