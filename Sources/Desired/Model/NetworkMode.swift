// SPDX-License-Identifier: Apache-2.0

/// How a container is connected.
public enum NetworkMode: String, Sendable, Equatable {
    /// To the app's networks.
    case networks
    /// It shares the host's network.
    case host
    /// Not at all, but for loopback.
    case none
}
