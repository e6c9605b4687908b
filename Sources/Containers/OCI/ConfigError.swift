// SPDX-License-Identifier: Apache-2.0

/// A document that cannot be used: where, what is wrong, and what to write instead.
public struct ConfigError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the document.
    public enum Place: Equatable, Sendable {
        /// A line and a character in it, both from 1.
        case position(line: Int, column: Int)
        /// A member, for example `process.args[0]`; empty for the whole.
        case member(String)
    }

    /// The document: `config.json`.
    public let document: String
    /// Where.
    public let place: Place
    /// What is wrong there, and the remedy.
    public let problem: String

    init(document: String, member: String, _ problem: String) {
        self.document = document
        place = .member(member)
        self.problem = problem
    }

    init(document: String, _ error: JSON.SyntaxError) {
        self.document = document
        place = .position(line: error.line, column: error.column)
        problem = error.problem
    }

    /// For example `config.json: process.args[0]: expected a string, not a number: write a string`.
    public var description: String {
        switch place {
        case .position(let line, let column): "\(document):\(line):\(column): \(problem)"
        case .member(""): "\(document): \(problem)"
        case .member(let member): "\(document): \(member): \(problem)"
        }
    }
}

/// A text of the document for a message: quoted, without control characters, and not long.
func quoted(_ text: String) -> String {
    text.unicodeScalars.count <= 64
        ? text.debugDescription
        : String(String.UnicodeScalarView(text.unicodeScalars.prefix(64))).debugDescription + "..."
}
