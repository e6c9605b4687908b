// SPDX-License-Identifier: Apache-2.0

extension RestartPolicy {
    /// Which ends are followed by a start.
    public enum Condition: String, Sendable, Equatable {
        /// None.
        case never = "no"
        /// Those with a status other than 0.
        case onFailure = "on-failure"
        /// All.
        case always
        /// All but those that somebody asked for.
        case unlessStopped = "unless-stopped"
    }
}
