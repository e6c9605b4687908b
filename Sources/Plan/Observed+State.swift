// SPDX-License-Identifier: Apache-2.0

extension Observed {
    /// Whether a container runs.
    public enum State: Sendable, Equatable {
        /// Made, never started.
        case created
        /// Its process runs.
        case running
        /// Its process ended with this status; nil if nobody saw it.
        case exited(Int32?)
    }
}
