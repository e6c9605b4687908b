// SPDX-License-Identifier: Apache-2.0

/// What the agent does about a running container that somebody else has changed (`apply.drift`).
public enum DriftAction: String, Sendable {
    /// It is made what it was, and that is told.
    case correct
    /// It is told, and the next apply makes it what it was.
    case report
    /// Nobody looks.
    case ignore
}
