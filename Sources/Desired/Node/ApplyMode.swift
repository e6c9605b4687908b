// SPDX-License-Identifier: Apache-2.0

/// What becomes of a desired state that comes (`apply.mode`).
public enum ApplyMode: String, Sendable {
    /// It is carried out.
    case auto
    /// It is planned, and the plan waits for `martlet apply ID`.
    case planOnly = "plan-only"
}
