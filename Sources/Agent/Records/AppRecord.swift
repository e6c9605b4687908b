// SPDX-License-Identifier: Apache-2.0

/// What the agent must know of an app to bring it back: its current generation, and what a user changed by hand.
public struct AppRecord: Codable, Equatable, Sendable {
    /// What should run.
    public internal(set) var generation: Generation
    /// The instances that a user stopped by hand, as `SERVICE/INDEX`.
    public internal(set) var stopped: Set<String>

    /// Describes what is current.
    public init(generation: Generation, stopped: Set<String> = []) {
        self.generation = generation
        self.stopped = stopped
    }
}
