// SPDX-License-Identifier: Apache-2.0

/// One replica's container, as `ps --json` prints it.
public struct InstanceStatus: Codable, Sendable, Equatable {
    /// The app.
    public var app: String
    /// The service.
    public var service: String
    /// Which one of the service's instances, from 1.
    public var instance: Int
    /// The container's id.
    public var id: String
    /// The pid of its first process on the host; nil if it does not run.
    public var pid: Int32?
    /// `created`, `starting`, `running`, `stopping`, `exited`, `restarting` or `stopped` (by a user).
    public var state: String
    /// `none`, `starting`, `healthy` or `unhealthy`.
    public var health: String
    /// What its checks have shown; empty if it has none, or does not run.
    public var checks: [CheckStatus]
    /// The fields of its service that it differs in as it runs, for somebody else changed it.
    ///
    /// `paused` is among them if its processes were made to stand still.
    public var drift: [String]
    /// What is the matter with it, or was when it was started again last; nil for nothing.
    public var reason: String?
    /// What it says of itself, `STATUS=` of sd_notify(3), in one line; nil for nothing.
    public var statusText: String?
    /// The image as the file names it.
    public var image: String
    /// The digest it was resolved to.
    public var digest: String
    /// How often it was started again.
    public var restarts: Int
    /// The generation that it was made for.
    public var generation: Int
    /// When its first process was started, RFC 3339 in UTC; nil if it never was.
    public var startedAt: String?
    /// The status of its last end, 128 plus the signal if one killed it; nil if it runs or nobody saw it.
    public var exitStatus: Int32?
    /// Published ports, each like `127.0.0.1:8080->80/tcp`.
    public var ports: [String]

    enum CodingKeys: String, CodingKey {
        case app, service, instance, id, pid, state, health, checks, drift, reason, image, digest, restarts,
            generation
        case statusText = "status_text"
        case startedAt = "started_at"
        case exitStatus = "exit_status"
        case ports
    }

    /// A container's state.
    public init(
        app: String,
        service: String,
        instance: Int,
        id: String,
        pid: Int32?,
        state: String,
        health: String,
        checks: [CheckStatus] = [],
        drift: [String] = [],
        reason: String? = nil,
        statusText: String? = nil,
        image: String,
        digest: String,
        restarts: Int,
        generation: Int,
        startedAt: String?,
        exitStatus: Int32?,
        ports: [String]
    ) {
        self.app = app
        self.service = service
        self.instance = instance
        self.id = id
        self.pid = pid
        self.state = state
        self.health = health
        self.checks = checks
        self.drift = drift
        self.reason = reason
        self.statusText = statusText
        self.image = image
        self.digest = digest
        self.restarts = restarts
        self.generation = generation
        self.startedAt = startedAt
        self.exitStatus = exitStatus
        self.ports = ports
    }
}
