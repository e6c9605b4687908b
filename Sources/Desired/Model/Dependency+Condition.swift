// SPDX-License-Identifier: Apache-2.0

extension Dependency {
    /// How far a service must have got.
    public enum Condition: String, Sendable, Equatable {
        /// Its process runs.
        case started = "service_started"
        /// Its health check has passed.
        case healthy = "service_healthy"
        /// It has ended with status 0.
        case completed = "service_completed_successfully"
    }
}
