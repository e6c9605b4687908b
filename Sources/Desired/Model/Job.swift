// SPDX-License-Identifier: Apache-2.0
public import Calendar

/// Work that ends: what `x-jobs` holds, a service with words of its own.
public struct Job: Sendable, Equatable {
    /// What happens to an occurrence while an earlier run goes on.
    public enum Overlap: String, Sendable, CaseIterable {
        /// It runs beside it.
        case allow
        /// It is left out.
        case forbid
        /// The earlier run is stopped first.
        case replace
    }

    /// What happens to an occurrence that came while nobody was there to run it.
    public enum Missed: String, Sendable, CaseIterable {
        /// It is left out.
        case skip
        /// However many there were, it runs once.
        case runOnce = "run-once"
    }

    /// What a run is: image, command, networks and so on.
    ///
    /// It is never started again by its policy.
    public var service: Service
    /// When it runs; nil means once for each definition.
    public var schedule: CronSchedule?
    /// The time zone of the schedule, by its name in the database of time zones.
    public var timeZone = Zone.utc.name
    /// What happens while an earlier run goes on.
    public var overlap = Overlap.forbid
    /// What happens to what nobody was there for.
    public var missed = Missed.skip
    /// How long one run may take before it is stopped and has failed; nil is for ever.
    public var timeout: Duration?
    /// How often one that failed is tried again.
    public var retries = 0
    /// How many runs are remembered, with their logs.
    public var keep = 10

    /// A job that runs this service once.
    public init(_ service: Service) {
        self.service = service
    }

    /// Its name in the file.
    public var name: String { service.name }
}
