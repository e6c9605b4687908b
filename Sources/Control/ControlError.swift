// SPDX-License-Identifier: Apache-2.0

/// Why a request was refused or failed: what the API answers and `--json` prints as `{"error": {...}}`.
public struct ControlError: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure, which decides the HTTP status and the exit code.
    public enum Code: String, Codable, Sendable {
        /// The request or the desired state is not valid (400; exit code 2).
        case invalid
        /// Who asks is not known (401).
        case unauthenticated
        /// Who asks may not have it (403).
        case forbidden
        /// The body is too large (413).
        case tooLarge = "too_large"
        /// Who asks has as much of it as anybody may (429).
        case tooMany = "too_many"
        /// There is no such app, service or instance (404).
        case absent
        /// The state of the node forbids it now (409).
        case conflict
        /// It was tried and failed (500).
        case failed
        /// No agent answers (never sent; made by the client).
        case unreachable
    }

    /// One thing that is wrong in a desired state.
    public struct Problem: Codable, Sendable, Equatable {
        /// The file; empty where the agent does not know it.
        public var file: String
        /// The line from 1; 0 where it is not known.
        public var line: Int
        /// The column from 1; 0 where it is not known.
        public var column: Int
        /// For example `services.web.ports[0]`.
        public var path: String
        /// What is wrong.
        public var what: String
        /// What helps; may be empty.
        public var remedy: String

        /// A problem.
        public init(file: String, line: Int, column: Int, path: String, what: String, remedy: String) {
            self.file = file
            self.line = line
            self.column = column
            self.path = path
            self.what = what
            self.remedy = remedy
        }
    }

    /// What kind.
    public var code: Code
    /// The app, service, instance or file.
    public var subject: String
    /// What is wrong.
    public var what: String
    /// What helps; may be empty.
    public var remedy: String
    /// Every problem of a desired state.
    public var problems: [Problem]

    /// A failure.
    public init(
        _ code: Code,
        _ subject: String,
        _ what: String,
        _ remedy: String = "",
        problems: [Problem] = []
    ) {
        self.code = code
        self.subject = subject
        self.what = what
        self.remedy = remedy
        self.problems = problems
    }

    /// `SUBJECT: WHAT: REMEDY`.
    public var description: String {
        [subject, what, remedy].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// A `ControlError` as it travels.
public struct ControlErrorReply: Codable, Sendable, Equatable {
    /// The failure.
    public var error: ControlError

    /// A reply.
    public init(_ error: ControlError) { self.error = error }
}
