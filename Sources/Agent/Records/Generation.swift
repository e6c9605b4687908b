// SPDX-License-Identifier: Apache-2.0
public import Images

/// A desired state that was accepted: what it says, where it came from and who brought it.
public struct Generation: Codable, Equatable, Sendable {
    /// The app.
    public let app: String
    /// From 1, rising with each new content of the app.
    public let number: Int
    /// `sha256:HEX` of the canonical JSON of the app.
    public let digest: String
    /// The resolved Compose file as JSON.
    public let model: String
    /// The image digest of each service, resolved once.
    public let images: [String: String]
    /// The names that led to images, of services that follow a range to another tag; nil if none does.
    public let names: [String: String]?
    /// By which rule the image of each service may run; nil if the node had no rules.
    public let trust: [String: TrustVerdict]?
    /// Where it came from, for example `push`.
    public let source: String
    /// Who brought it, for example `uid 0 pid 4711`.
    public let caller: String
    /// When, in nanoseconds since 1970.
    public let acceptedAt: Int64

    /// How many generations of the app are kept; nil if the node decides.
    public let keep: Int?

    /// Describes an accepted desired state.
    public init(
        app: String,
        number: Int,
        digest: String,
        model: String,
        images: [String: String],
        names: [String: String]? = nil,
        trust: [String: TrustVerdict]? = nil,
        source: String,
        caller: String,
        acceptedAt: Int64,
        keep: Int? = nil
    ) {
        self.app = app
        self.number = number
        self.digest = digest
        self.model = model
        self.images = images
        self.names = names
        self.trust = trust
        self.source = source
        self.caller = caller
        self.acceptedAt = acceptedAt
        self.keep = keep
    }
}
