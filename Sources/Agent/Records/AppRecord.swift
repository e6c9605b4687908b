// SPDX-License-Identifier: Apache-2.0

/// What the agent must know of an app to bring it back: its current generation, and what a user changed by hand.
public struct AppRecord: Codable, Equatable, Sendable {
    /// What should run.
    public internal(set) var generation: Generation
    /// The instances that a user stopped by hand, as `SERVICE/INDEX`.
    public internal(set) var stopped: Set<String>

    /// How far the generation is.
    public internal(set) var stage: Stage

    /// How far a generation is on its way to be the one that counts.
    public enum Stage: String, Codable, Sendable {
        /// It was accepted, and the app is on its way there.
        case rolling
        /// Something failed on the way, and the app stays where it is.
        case failed
        /// The whole app was there: what a later one that fails goes back to.
        case current
        /// It is being taken down: an agent that comes after goes on with that.
        case leaving
    }

    /// Describes what is current.
    public init(generation: Generation, stopped: Set<String> = [], stage: Stage = .current) {
        self.generation = generation
        self.stopped = stopped
        self.stage = stage
    }

    /// A record without a stage is one of an agent that knew none: what was accepted counted.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        generation = try values.decode(Generation.self, forKey: .generation)
        stopped = try values.decode(Set<String>.self, forKey: .stopped)
        stage = try values.decodeIfPresent(Stage.self, forKey: .stage) ?? .current
    }
}
