// SPDX-License-Identifier: Apache-2.0

/// That a generation did not become what it should, which is remembered so that it is not tried again by itself.
public struct GenerationFailure: Codable, Equatable, Sendable {
    /// The number of the generation.
    public let number: Int
    /// What failed.
    public let reason: String
    /// Whether the app went back to the generation before.
    public let isReturned: Bool

    /// Describes a failure.
    public init(number: Int, reason: String, isReturned: Bool) {
        self.number = number
        self.reason = reason
        self.isReturned = isReturned
    }
}
