// SPDX-License-Identifier: Apache-2.0

/// How the agent finds out how a container is (`x-martlet.probes`).
public struct Probes: Sendable, Equatable {
    /// Whether it has started; until then the others are not asked.
    public var startup: Probe?
    /// Whether it may be asked: names, ports and rollouts go by it.
    public var readiness: Probe?
    /// Whether it lives.
    public var liveness: Probe?
    /// What follows when it does not.
    public var consequence: Consequence

    /// What follows when a container does not live any more.
    public enum Consequence: Sendable, Equatable {
        /// It is stopped, and started again by its policy.
        case restart
        /// It is told.
        case none
        /// This command is run inside, once for each time that the probe begins to fail.
        case exec([String])
    }

    /// These probes.
    public init(
        startup: Probe? = nil,
        readiness: Probe? = nil,
        liveness: Probe? = nil,
        consequence: Consequence = .restart
    ) {
        self.startup = startup
        self.readiness = readiness
        self.liveness = liveness
        self.consequence = consequence
    }
}
