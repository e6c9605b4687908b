// SPDX-License-Identifier: Apache-2.0
public import Plan

/// Something that happened to an app, a service or an instance.
public struct AgentEvent: Sendable {
    /// What kind of thing.
    public enum Kind: Sendable, Equatable {
        /// A step of a plan begins.
        case step
        /// A container runs its program.
        case started
        /// Its health check answered for the first time, or anew.
        case healthy
        /// Its health check failed too often.
        case unhealthy
        /// It ended; nil when the status could not be learned.
        case exited(Int32?)
        /// It will be started again after this time.
        case restarting(Duration)
        /// Something went wrong; the reason says what.
        case failed
    }

    /// What happened.
    public let kind: Kind
    /// To which instance; nil when it is not about one.
    public let instance: InstanceName?
    /// The service or object that a step is about.
    public let subject: String
    /// Why.
    public let reason: String
}
