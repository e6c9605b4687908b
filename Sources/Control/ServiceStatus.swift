// SPDX-License-Identifier: Apache-2.0

/// One service of an app, summed up over its instances.
public struct ServiceStatus: Codable, Sendable, Equatable {
    /// The name in the file.
    public var name: String
    /// How many instances the file asks for.
    public var desired: Int
    /// How many run.
    public var running: Int
    /// How many run and are healthy, or have no health check.
    public var ready: Int
    /// The image as the file names it.
    public var image: String
    /// The digest it was resolved to.
    public var digest: String
    /// By which rule the image may run; nil if the node has none.
    public var trust: TrustStatus?
    /// What it follows: `tag` or a range; nil if it stays.
    public var follows: String?
    /// The name that led to the digest, if it follows a range to another one.
    public var resolved: String?
    /// What the first of its instances that runs says of itself; nil for nothing.
    public var statusText: String?

    enum CodingKeys: String, CodingKey {
        case name, desired, running, ready, image, digest, trust, follows, resolved
        case statusText = "status_text"
    }

    /// A service's state.
    public init(
        name: String,
        desired: Int,
        running: Int,
        ready: Int,
        image: String,
        digest: String,
        trust: TrustStatus? = nil,
        follows: String? = nil,
        resolved: String? = nil,
        statusText: String? = nil
    ) {
        self.name = name
        self.desired = desired
        self.running = running
        self.ready = ready
        self.image = image
        self.digest = digest
        self.trust = trust
        self.follows = follows
        self.resolved = resolved
        self.statusText = statusText
    }
}
