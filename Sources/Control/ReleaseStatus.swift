// SPDX-License-Identifier: Apache-2.0

/// What the agent of a node goes on as, beside what is installed.
public struct ReleaseStatus: Codable, Sendable, Equatable {
    /// One that was tried and left again.
    public struct Failure: Codable, Sendable, Equatable {
        /// The name that it was asked for by.
        public var image: String
        /// The digest of its image.
        public var digest: String
        /// What it calls itself.
        public var version: String
        /// Why it was left.
        public var reason: String
        /// When, RFC 3339 in UTC.
        public var time: String

        /// A failure.
        public init(image: String, digest: String, version: String, reason: String, time: String) {
            self.image = image
            self.digest = digest
            self.version = version
            self.reason = reason
            self.time = time
        }
    }

    /// `installed`, `trial` or `confirmed`.
    public var state: String
    /// The name that it was asked for by; nil for what is installed.
    public var image: String?
    /// The digest of its image; nil for what is installed.
    public var digest: String?
    /// What was tried last and left; nil if nothing was.
    public var failed: Failure?

    /// A state of the agent's programs.
    public init(state: String, image: String? = nil, digest: String? = nil, failed: Failure? = nil) {
        self.state = state
        self.image = image
        self.digest = digest
        self.failed = failed
    }
}
