import Glibc

/// Why nothing more can be written to a terminal, a pipe or a file.
package enum OutputFailure: Error, Equatable, CustomStringConvertible {
    /// The reader has gone, as `head` goes when it has seen enough: the normal end of a command in a pipe.
    case closed
    /// Writing failed with this error number.
    case failed(errno: Int32)

    package var description: String {
        switch self {
        case .closed: "The reader of the output has closed it."
        case .failed(let number): "Could not write the output: \(String(cString: strerror(number)))."
        }
    }
}
