// SPDX-License-Identifier: Apache-2.0

/// What the node has, as far as a plan cares.
///
/// Objects of other apps may be among it and are left alone.
public struct Observed: Sendable, Equatable {
    /// The containers that exist, running or not.
    public var instances: [Instance]
    /// The networks that exist.
    public var networks: [Network]
    /// The volumes that exist.
    public var volumes: [Volume]
    /// What has run with success of the jobs that run once, by `app/job`: their `App.runKey`.
    public var completed: [String: Set<String>]
    /// Places whose container a user stopped by hand; it stays so until a user starts it or the file changes.
    public var stopped: Set<InstanceName>

    /// These objects.
    public init(
        instances: [Instance] = [],
        networks: [Network] = [],
        volumes: [Volume] = [],
        stopped: Set<InstanceName> = [],
        completed: [String: Set<String>] = [:]
    ) {
        self.instances = instances
        self.networks = networks
        self.volumes = volumes
        self.stopped = stopped
        self.completed = completed
    }
}
