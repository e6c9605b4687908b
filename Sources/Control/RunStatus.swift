// SPDX-License-Identifier: Apache-2.0

/// One run of a job.
public struct RunStatus: Codable, Sendable, Equatable {
    /// Its number, from 1: the instance `APP/JOB/RUN`.
    public var run: Int
    /// From 1; the others are tries of the same occurrence.
    public var attempt: Int
    /// The occurrence, RFC 3339 in UTC; nil if a user or a rollout asked for it.
    public var due: String?
    /// The generation that it belongs to.
    public var generation: Int
    /// Who asked for it; nil if its schedule did.
    public var caller: String?
    /// When its container was started, RFC 3339 in UTC; nil before that.
    public var startedAt: String?
    /// When it had ended; nil before that.
    public var endedAt: String?
    /// How its process exited; nil if it has not, or nobody saw it.
    public var exitStatus: Int32?
    /// `running`, `succeeded`, `failed`, `timed-out`, `replaced`, `stopped` or `interrupted`.
    public var result: String
    /// Why it is not well; empty if it is.
    public var reason: String

    enum CodingKeys: String, CodingKey {
        case run, attempt, due, generation, caller
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case exitStatus = "exit_status"
        case result, reason
    }

    /// A run.
    public init(
        run: Int,
        attempt: Int,
        due: String?,
        generation: Int,
        caller: String?,
        startedAt: String?,
        endedAt: String?,
        exitStatus: Int32?,
        result: String,
        reason: String
    ) {
        self.run = run
        self.attempt = attempt
        self.due = due
        self.generation = generation
        self.caller = caller
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitStatus = exitStatus
        self.result = result
        self.reason = reason
    }
}
