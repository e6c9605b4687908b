// SPDX-License-Identifier: Apache-2.0

/// The whole node, as `status --json` prints it.
public struct NodeStatus: Codable, Sendable, Equatable {
    /// The node's name.
    public var node: String
    /// The highest number of generations accepted over all apps, 0 before the first.
    public var generation: Int
    /// The version of the agent.
    public var version: String
    /// The agent's pid.
    public var pid: Int32
    /// The keeper's pid.
    public var keeper: Int32
    /// The apps, by name.
    public var apps: [AppStatus]
    /// What waits for `martlet apply ID`, by the name of its app, which need not be there yet.
    public var plans: [WaitingPlan]
    /// Where desired states come from by themselves, in the order of the node file.
    public var sources: [SourceStatus]
    /// Where logs go beside the spool, by name.
    public var sinks: [SinkStatus]
    /// Every named volume, by app and name.
    public var volumes: [VolumeStatus]
    /// Its own state in a store; nil if it is kept in none.
    public var state: StateStatus?
    /// What the agent goes on as; nil while nothing but what is installed was ever asked for.
    public var release: ReleaseStatus?
    /// What is not as it should be on the node as a whole, one sentence each.
    public var conditions: [String]

    /// A node's state.
    public init(
        node: String,
        generation: Int,
        version: String,
        pid: Int32,
        keeper: Int32,
        apps: [AppStatus],
        plans: [WaitingPlan] = [],
        sources: [SourceStatus] = [],
        sinks: [SinkStatus] = [],
        volumes: [VolumeStatus],
        state: StateStatus? = nil,
        release: ReleaseStatus? = nil,
        conditions: [String]
    ) {
        self.node = node
        self.generation = generation
        self.version = version
        self.pid = pid
        self.keeper = keeper
        self.apps = apps
        self.plans = plans
        self.sources = sources
        self.sinks = sinks
        self.volumes = volumes
        self.state = state
        self.release = release
        self.conditions = conditions
    }
}
