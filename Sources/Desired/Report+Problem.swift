// SPDX-License-Identifier: Apache-2.0

extension Report {
    /// One thing that is wrong, and where.
    public struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The file as the caller named it.
        public let file: String
        /// The line, from 1.
        public let line: Int
        /// The column in Unicode scalars, from 1.
        public let column: Int
        /// The place in the document, for example `services.web.ports[0]`; empty for the whole of it.
        public let path: String
        /// What is wrong.
        public let what: String
        /// What the user can do; empty if the problem says it already.
        public let remedy: String

        /// A problem at this place.
        public init(file: String, line: Int, column: Int, path: String, what: String, remedy: String = "") {
            self.file = file
            self.line = line
            self.column = column
            self.path = path
            self.what = what
            self.remedy = remedy
        }

        /// For example `app.yaml:4:5: services.web.prots: unknown key: did you mean 'ports'?`.
        public var description: String {
            "\(file):\(line):\(column): "
                + [path, what, remedy].filter { !$0.isEmpty }.joined(separator: ": ")
        }
    }
}
