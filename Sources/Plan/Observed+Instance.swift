// SPDX-License-Identifier: Apache-2.0
public import Desired

extension Observed {
    /// A container that exists.
    public struct Instance: Sendable, Equatable {
        /// The app it belongs to.
        public var app: String
        /// The service it is an instance of.
        public var service: String
        /// Which one of the service's instances it is, from 1.
        public var index: Int
        /// Its unique id.
        public var id: String
        /// Whether it runs.
        public var state: State
        /// Whether it is well.
        public var health: Health
        /// The digest of the image it was made from.
        public var imageDigest: String
        /// The `App.replaceKey(of:)` it was made from.
        public var replaceKey: String
        /// What stands for the contents of its configs and secrets, as `App.contents(of:secrets:)` names them; one that
        /// is not known is not compared.
        public var contents: [String: String]
        /// The services that it was made to wait for; says in which order it stops once its file is gone.
        public var dependencies: [String]
        /// How often in a row it has been started again after it ended.
        public var restarts: Int
        /// The limits in force; nil if they are not known.
        public var limits: Resources?
        /// Whether a user changed them by hand since the last apply.
        public var areLimitsByHand: Bool
        /// What becomes of its lines as it runs, as `LogSettings.text` has it; nil if that is not known.
        public var logs: String?
        /// Whether it has ended and its back-off will start it again.
        public var isRestarting: Bool
        /// Whether it stands beside another container in its place, which it may replace.
        public var isWaiting: Bool
        /// It is a run of a job.
        public var isRun: Bool
        /// The fields of its service that it differs in as it runs, for somebody else changed it; ordered.
        ///
        /// `paused` is among them if its processes were made to stand still.
        public var drift: [String]

        /// A container of this service.
        public init(
            app: String,
            service: String,
            index: Int,
            id: String,
            state: State,
            health: Health = .none,
            imageDigest: String,
            replaceKey: String,
            contents: [String: String] = [:],
            dependencies: [String] = [],
            restarts: Int = 0,
            isRestarting: Bool = false,
            limits: Resources? = nil,
            areLimitsByHand: Bool = false,
            isWaiting: Bool = false,
            isRun: Bool = false,
            drift: [String] = []
        ) {
            self.app = app
            self.service = service
            self.index = index
            self.id = id
            self.state = state
            self.health = health
            self.imageDigest = imageDigest
            self.replaceKey = replaceKey
            self.contents = contents
            self.dependencies = dependencies
            self.restarts = restarts
            self.isRestarting = isRestarting
            self.limits = limits
            self.areLimitsByHand = areLimitsByHand
            self.isWaiting = isWaiting
            self.isRun = isRun
            self.drift = drift
        }

        /// Its place in the app.
        public var name: InstanceName {
            InstanceName(app: app, service: service, index: index)
        }
    }
}
