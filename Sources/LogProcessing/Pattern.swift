import CPCRE2
import Synchronization

/// A regular expression of PCRE2 over bytes, compiled once and used by any number of tasks.
///
/// Text is UTF-8; bytes that are not are passed over and match nothing. However an expression is written, looking for it
/// in a line ends: after ``matchLimit`` steps the line counts as not matching, and `complain` is told, once.
package final class Pattern: Sendable, Hashable, CustomStringConvertible {
    /// What looking for a pattern in a line gives.
    package enum Finding: Equatable, Sendable {
        case found(Range<Int>)
        case nothing
        /// The limits were reached before it was known.
        case gaveUp
    }

    /// Steps of backtracking for one line. Patterns as people write them need a few for each byte of a line; this many
    /// take some ten milliseconds.
    static let matchLimit: UInt32 = 500_000
    /// Of nested backtracking, where the expression could not be compiled to machine code.
    static let depthLimit: UInt32 = 10_000
    /// In KiB, for the same case.
    static let heapLimit: UInt32 = 4 << 10
    /// Longer expressions are a mistake, or an attack on the compiler.
    static let longest = 16 << 10

    /// As it was written.
    package let description: String
    private let code: Code
    private let complain: @Sendable (String) -> Void
    private let hasComplained = Mutex(false)

    /// Compiles an expression. `(?i)` and the like are written within it.
    ///
    /// - Parameter complain: is told, once, in a sentence, that a line was too costly to look at.
    /// - Throws: ``PatternError`` where it is none.
    package init(_ text: String, complain: @escaping @Sendable (String) -> Void = { _ in }) throws(PatternError) {
        description = text
        code = try Code(text)
        self.complain = complain
    }

    /// Whether it matches anywhere in a line.
    package func matches(_ line: ArraySlice<UInt8>) -> Bool {
        if case .found = line.withUnsafeBytes({ find(in: $0) }) { return true }
        return false
    }

    /// The first match at or after `start`. One that `\K` made end before it begins is passed as empty.
    package func find(in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Finding {
        let finding = code.find(in: bytes, from: start)
        if finding == .gaveUp { complainOnce() }
        return finding
    }

    private func complainOnce() {
        let isFirst = hasComplained.withLock { hasComplained in
            defer { hasComplained = true }
            return !hasComplained
        }
        if isFirst {
            complain(
                "the pattern \"\(description)\" takes too long on some lines: they count as not matching. Make it simpler"
            )
        }
    }

    /// Whether both are written alike.
    package static func == (left: Pattern, right: Pattern) -> Bool { left.description == right.description }
    package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// Why a text is no regular expression.
package struct PatternError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, for people.
    package let description: String
    /// Where, in bytes from the beginning.
    package let offset: Int
}

/// A compiled expression and the limits of its use. Neither is changed once it is made, so that all may use them at once
/// (pcre2api, "Multithreading").
private final class Code: Sendable {
    private nonisolated(unsafe) let pointer: OpaquePointer
    private nonisolated(unsafe) let limits: OpaquePointer?

    init(_ text: String) throws(PatternError) {
        guard text.utf8.count <= Pattern.longest else {
            throw PatternError(
                description: "a pattern of \(text.utf8.count) bytes is too long: the limit is \(Pattern.longest)",
                offset: Pattern.longest)
        }
        var number: Int32 = 0
        var offset = 0
        let bytes = Array(text.utf8)
        let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF) | UInt32(PCRE2_NEVER_BACKSLASH_C)
        guard let pointer = pcre2_compile_8(bytes, bytes.count, options, &number, &offset, nil) else {
            throw PatternError(
                description: "the pattern \"\(text)\" is no regular expression: \(Code.message(number)), at offset "
                    + "\(offset)", offset: offset)
        }
        // Where the system allows no machine code it is interpreted, within the same limits.
        _ = pcre2_jit_compile_8(pointer, UInt32(PCRE2_JIT_COMPLETE))
        self.pointer = pointer
        limits = pcre2_match_context_create_8(nil)
        if let limits {
            pcre2_set_match_limit_8(limits, Pattern.matchLimit)
            pcre2_set_depth_limit_8(limits, Pattern.depthLimit)
            pcre2_set_heap_limit_8(limits, Pattern.heapLimit)
        }
    }

    deinit {
        pcre2_match_context_free_8(limits)
        pcre2_code_free_8(pointer)
    }

    private static func message(_ number: Int32) -> String {
        // Longer than any of the library's messages.
        var buffer = [UInt8](repeating: 0, count: 256)
        let length = pcre2_get_error_message_8(number, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, Int(length))), as: UTF8.self)
    }

    func find(in bytes: UnsafeRawBufferPointer, from start: Int) -> Pattern.Finding {
        // Room for the whole match only.
        guard start <= bytes.count, let limits, let match = pcre2_match_data_create_8(1, nil) else { return .gaveUp }
        defer { pcre2_match_data_free_8(match) }
        let subject = bytes.assumingMemoryBound(to: UInt8.self)
        return withUnsafePointer(to: 0 as UInt8) { nothing in
            func run(_ options: UInt32) -> Int32 {
                pcre2_match_8(
                    pointer, subject.baseAddress ?? nothing, bytes.count, start, options, match, limits)
            }
            var result = run(0)
            // Machine code has 32 KiB of stack; what needs more is interpreted, on the heap.
            if result == PCRE2_ERROR_JIT_STACKLIMIT { result = run(UInt32(PCRE2_NO_JIT)) }
            if result == PCRE2_ERROR_NOMATCH { return .nothing }
            guard result >= 0, let bounds = pcre2_get_ovector_pointer_8(match) else { return .gaveUp }
            return .found(min(bounds[0], bounds[1])..<bounds[1])
        }
    }
}
