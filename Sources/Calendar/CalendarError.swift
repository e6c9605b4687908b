// SPDX-License-Identifier: Apache-2.0

/// A schedule, window or time zone that cannot be used.
public struct CalendarError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, quoting what was given.
    public let what: String
    /// What to write instead.
    public let remedy: String

    init(_ what: String, _ remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    /// Both in one line.
    public var description: String { "\(what): \(remedy)" }
}
