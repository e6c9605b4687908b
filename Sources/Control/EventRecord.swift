// SPDX-License-Identifier: Apache-2.0

/// Something that happened, as `events --json` prints it, one a line.
public struct EventRecord: Codable, Sendable, Equatable {
    /// When, RFC 3339 in UTC with milliseconds.
    public var time: String
    /// `accepted`, `step`, `started`, `healthy`, `unhealthy`, `exited`, `restarting`, `failed`, `converged`,
    /// `removed`, `repaired`, `adopted`, `pulling`, `pulled`, `held`, `waived`, `switched`, `rolled-back`,
    /// `committed`, `restored`, `fenced`, ...
    public var kind: String
    /// The app; nil when the event is the node's.
    public var app: String?
    /// The service.
    public var service: String?
    /// Which one of the service's instances.
    public var instance: Int?
    /// What it was, for people: `exited 137`, or a step and the field that causes it.
    public var reason: String
    /// Of `pulling`: how far a layer is.
    ///
    /// Such events go to those who listen, and are not remembered.
    public var pull: PullProgress?
    /// More of it, a line each: with `rolled-back` the last lines of what failed; nil if there is none.
    public var details: [String]?

    /// An event.
    public init(
        time: String,
        kind: String,
        app: String?,
        service: String?,
        instance: Int?,
        reason: String,
        pull: PullProgress? = nil,
        details: [String]? = nil
    ) {
        self.time = time
        self.kind = kind
        self.app = app
        self.service = service
        self.instance = instance
        self.reason = reason
        self.pull = pull
        self.details = details
    }
}
