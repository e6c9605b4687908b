// SPDX-License-Identifier: Apache-2.0

extension JSON {
    /// Bounds on what is read, so that no text can exhaust memory or the stack.
    public struct Limits: Sendable {
        /// The size of the text.
        public var bytes = 16 << 20
        /// Lists and objects within each other.
        public var depth = 64
        /// Values, the members of objects and lists included.
        public var nodes = 1 << 18

        /// The usual bounds.
        public init() {}
    }

    /// A text that is not JSON, or beyond the bounds.
    public struct SyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
        /// The line, from 1.
        public let line: Int
        /// The character within the line, from 1.
        public let column: Int
        /// What is wrong there.
        public let problem: String

        /// For example `3:17: expected a value`.
        public var description: String { "\(line):\(column): \(problem)" }
    }

    /// Reads exactly one value, with nothing but white space around it.
    ///
    /// Refused beside what the grammar refuses: a key twice in an object (keys that differ only in their
    /// Unicode normal form are the same key), half a surrogate pair, and a number that no double can hold.
    public init(parsing bytes: [UInt8], limits: Limits = Limits()) throws(SyntaxError) {
        var parser = JSONParser(bytes, limits: limits)
        self = try parser.document()
    }
}
