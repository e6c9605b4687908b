// SPDX-License-Identifier: Apache-2.0

/// What is remembered of sources when the agent is gone.
struct SourceMemory: Codable, Equatable, Sendable {
    /// A version that was taken.
    struct Version: Codable, Equatable, Sendable {
        var number: Int
        /// The digest of the app of that version.
        var digest: String
    }

    /// The highest version of each app.
    var versions: [String: Version] = [:]
    /// The digest that each source gave last for each of its apps: what a node went back from is not tried again.
    var applied: [String: [String: String]] = [:]
    /// The latest second since 1970 that was seen: a clock that goes back makes nothing valid again.
    var clock: Int64 = 0
}
