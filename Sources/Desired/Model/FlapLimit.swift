// SPDX-License-Identifier: Apache-2.0

/// How often a container may be started again before it counts as degraded (`x-martlet.flap`).
public struct FlapLimit: Sendable, Equatable {
    /// So many starts.
    public var restarts: Int
    /// Within this time.
    public var within: Duration

    /// A limit.
    public init(restarts: Int = 5, within: Duration = .seconds(300)) {
        self.restarts = restarts
        self.within = within
    }
}
