// SPDX-License-Identifier: Apache-2.0

/// What an apply would do: the steps from what is to what should be.
public struct PlanReply: Codable, Sendable, Equatable {
    /// One step and its cause.
    public struct Step: Codable, Sendable, Equatable {
        /// For example `replace clickme/web/1`.
        public var action: String
        /// Why: names the field, for example `services.web.image changed`.
        public var reason: String

        /// A step.
        public init(action: String, reason: String) {
            self.action = action
            self.reason = reason
        }
    }

    /// The app.
    public var app: String
    /// Names this plan: `apply --plan ID` refuses to do anything else.
    public var id: String
    /// The digest of the desired state.
    public var digest: String
    /// The steps in order; none if nothing would change.
    public var steps: [Step]

    /// A plan.
    public init(app: String, id: String, digest: String, steps: [Step]) {
        self.app = app
        self.id = id
        self.digest = digest
        self.steps = steps
    }
}
