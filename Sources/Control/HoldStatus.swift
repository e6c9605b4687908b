// SPDX-License-Identifier: Apache-2.0

/// An image that an app has to wait for: `Held`.
public struct HoldStatus: Codable, Sendable, Equatable {
    /// The service that wants it.
    public var service: String
    /// The image as it was asked for.
    public var image: String
    /// Its manifest.
    public var digest: String
    /// What holds it, for example `services.web.x-martlet.image.min_age`, and why.
    public var reason: String
    /// When that ends by itself, RFC 3339 in UTC.
    public var opensAt: String

    enum CodingKeys: String, CodingKey {
        case service, image, digest, reason
        case opensAt = "opens_at"
    }

    /// An image that is waited for.
    public init(service: String, image: String, digest: String, reason: String, opensAt: String) {
        self.service = service
        self.image = image
        self.digest = digest
        self.reason = reason
        self.opensAt = opensAt
    }

    /// For people: `Held: services.web: web:1.5 until 2026-05-01T12:00:00.000Z: ...`.
    public var description: String { "Held: services.\(service): \(image) until \(opensAt): \(reason)" }
}
