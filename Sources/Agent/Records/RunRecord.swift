// SPDX-License-Identifier: Apache-2.0

/// One run of a job: one attempt in one container.
struct RunRecord: Codable, Equatable, Sendable {
    /// How it ended; the words are those of `RunStatus.result`.
    enum Result: String, Codable, Sendable {
        case succeeded
        case failed
        /// It took too long and was stopped.
        case timedOut = "timed-out"
        /// A later one took its place.
        case replaced
        /// A user, or the agent, stopped it.
        case stopped
        /// How it ended was not seen.
        case interrupted
    }

    /// From 1, in each job; the index of its instance.
    let number: Int
    /// From 1; the others are tries of the same occurrence.
    let attempt: Int
    /// The occurrence in seconds since 1970; nil if a user or a rollout asked for it.
    let due: Int64?
    /// What it runs: `App.runKey` and the digest of its image.
    let key: String
    /// The generation that it belongs to.
    let generation: Int
    /// Who asked for it; nil if its schedule did.
    let caller: String?
    /// The boot in which it was written down.
    let boot: String
    /// Its container; nil before that was started.
    var id: String?
    /// When its container was started, in nanoseconds since 1970; nil before that.
    var startedAt: Int64?
    /// When it had ended; nil before that.
    var endedAt: Int64?
    /// How its process exited, if that was seen.
    var status: Int32?
    var result: Result?
    /// Why it is not well; empty if it is.
    var reason = ""

    var isOpen: Bool { endedAt == nil }
}
