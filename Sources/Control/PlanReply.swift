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

    /// What a service would run.
    public struct Image: Codable, Sendable, Equatable {
        /// The service.
        public var service: String
        /// The image as it was asked for.
        public var image: String
        /// What that means now.
        public var digest: String
        /// Bytes of layers that `apply` would pull before it stops anything.
        public var missing: Int64

        /// What a service would run.
        public init(service: String, image: String, digest: String, missing: Int64) {
            self.service = service
            self.image = image
            self.digest = digest
            self.missing = missing
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
    /// What each service would run, by its name.
    public var images: [Image]
    /// What `apply` would be held up by; none if it would not.
    public var holds: [HoldStatus]

    /// A plan.
    public init(
        app: String,
        id: String,
        digest: String,
        steps: [Step],
        images: [Image] = [],
        holds: [HoldStatus] = []
    ) {
        self.app = app
        self.id = id
        self.digest = digest
        self.steps = steps
        self.images = images
        self.holds = holds
    }
}
