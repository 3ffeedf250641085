/// Why there is no plan: something that the engine must have is missing or in the way.
package struct PlanError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence for each thing that is wrong.
    package let problems: [String]

    package init(_ problems: [String]) { self.problems = problems }

    package var description: String { problems.joined(separator: "\n") }
}
