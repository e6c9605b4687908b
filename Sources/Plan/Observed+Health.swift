// SPDX-License-Identifier: Apache-2.0

extension Observed {
    /// What the health check of a running container says.
    public enum Health: String, Sendable, Equatable {
        /// Too early to say.
        case starting
        /// It is well.
        case healthy
        /// It is not.
        case unhealthy
        /// It has no health check.
        case none
    }
}
