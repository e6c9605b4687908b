// SPDX-License-Identifier: Apache-2.0

/// How a generation has fared; the words are those of `GenerationStatus.result`.
public enum GenerationOutcome: String, Sendable {
    /// The app is on its way to it.
    case rolling
    /// The whole app is there.
    case current
    /// It failed, and the app stayed where it was.
    case failed
    /// It failed, and the app went back to the one before.
    case rolledBack = "rolled-back"
    /// Another one took its place.
    case superseded
}
