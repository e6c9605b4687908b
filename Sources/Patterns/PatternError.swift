// SPDX-License-Identifier: Apache-2.0

/// Why a text is no regular expression that can be matched here.
public struct PatternError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, for example `')' without '('`.
    public let what: String
    /// What to do about it; empty where that is plain.
    public let remedy: String

    init(_ what: String, _ remedy: String = "") {
        self.what = what
        self.remedy = remedy
    }

    /// What is wrong, and what to do about it.
    public var description: String { remedy.isEmpty ? what : "\(what): \(remedy)" }
}
