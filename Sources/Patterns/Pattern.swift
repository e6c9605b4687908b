// SPDX-License-Identifier: Apache-2.0

/// A regular expression over the bytes of a line, whose search takes time in proportion to the line.
///
/// What RE2 and grep -E share: classes, groups, alternatives, repeats, anchors, `\b`, `\d`, `\w`, `\s`, `[:alpha:]`,
/// `(?i)`. There are no back-references and no look-around: whoever writes the pattern cannot make a search hang.
public struct Pattern: Sendable {
    /// The longest text of an expression, in bytes.
    public static let longestText = 1_000
    /// The states that patterns which are searched together may have.
    public static let mostStates = 1_000

    let machine: Machine
    /// The bytes that a match can begin with; nil if there is a match without any.
    let first: ByteSet?

    /// A pattern.
    public init(_ text: String) throws(PatternError) { try self.init(anyOf: [text]) }

    /// What matches where one of several does; of two that begin at the same place the earlier is taken.
    public init(anyOf texts: [String]) throws(PatternError) {
        var all: [Expression] = []
        for text in texts {
            guard text.utf8.count <= Self.longestText else {
                throw PatternError("is longer than \(Self.longestText) bytes", "split it in two")
            }
            var parser = Parser(text)
            all.append(try parser.parse())
        }
        machine = try Machine(.either(all), limit: Self.mostStates)
        let beginning = machine.beginning
        first = beginning.canBeEmpty ? nil : beginning.bytes
    }

    /// Whether there can be a match without a single byte.
    public var canBeEmpty: Bool { first == nil }
}
