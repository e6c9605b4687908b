// SPDX-License-Identifier: Apache-2.0

/// What a node has saved of itself: enough to bring back what ran, and to send what was printed and not sent.
struct StateContent: Sendable {
    /// All apps; nil if they are as they were when they were given last.
    var apps: [SavedApp]?
    /// How often containers were started again, by `APP/SERVICE/INDEX`; those of which nothing is to be told are not there.
    var restarts: [String: Int] = [:]
    /// Files as they are and as they grow: where they are, by their places among what is saved.
    var files: [String: String] = [:]
}
