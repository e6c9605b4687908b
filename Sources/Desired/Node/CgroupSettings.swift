// SPDX-License-Identifier: Apache-2.0

/// Who makes the control groups of containers (`cgroups`).
public struct CgroupSettings: Equatable, Sendable {
    /// Who makes them.
    public enum Driver: String, Equatable, Sendable {
        /// The agent, below the group that it was given.
        case delegated
        /// systemd: each container is a transient scope.
        case systemd
    }

    /// Who makes them.
    public var driver = Driver.delegated
    /// Whether systemd-machined is told of containers that are scopes.
    public var registersMachines = false

    /// The agent, and nobody is told.
    public init() {}
}
