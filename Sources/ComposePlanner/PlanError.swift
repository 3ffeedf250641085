/// Why there is no plan: something that the engine must have is missing or in the way.
package struct PlanError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence for each thing that is wrong.
    package let problems: [String]

    /// What the plan would have been without them, up to the commit: something else may stand in its way too. nil where
    /// nothing can be told of it.
    package let attempt: Plan?

    package init(_ problems: [String], attempt: Plan? = nil) {
        self.problems = problems
        self.attempt = attempt
    }

    package var description: String { problems.joined(separator: "\n") }
}
