// SPDX-License-Identifier: Apache-2.0

/// A job of an app: when it runs, and how its last runs were.
public struct JobStatus: Codable, Sendable, Equatable {
    /// The app.
    public var app: String
    /// Its name in the file.
    public var job: String
    /// Its cron expression; nil if it runs once for each definition.
    public var schedule: String?
    /// The time zone of that.
    public var timeZone: String
    /// When it is due next, RFC 3339 in UTC; nil if it is not.
    public var next: String?
    /// Why it does not run as its schedule says; empty if it does.
    public var reason: String
    /// Its last runs, the newest first.
    public var runs: [RunStatus]

    enum CodingKeys: String, CodingKey {
        case app, job, schedule
        case timeZone = "time_zone"
        case next, reason, runs
    }

    /// A job.
    public init(
        app: String,
        job: String,
        schedule: String?,
        timeZone: String,
        next: String?,
        reason: String,
        runs: [RunStatus]
    ) {
        self.app = app
        self.job = job
        self.schedule = schedule
        self.timeZone = timeZone
        self.next = next
        self.reason = reason
        self.runs = runs
    }
}
