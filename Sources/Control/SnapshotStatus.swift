// SPDX-License-Identifier: Apache-2.0

/// What an instance had written to its root at one moment.
public struct SnapshotStatus: Codable, Sendable, Equatable {
    /// Its name on this node.
    public var name: String
    /// The app whose instance it was taken of.
    public var app: String
    /// The service.
    public var service: String
    /// Which one of the service's instances.
    public var instance: Int
    /// The image below it, as the file named it.
    public var image: String
    /// The digest of that image.
    public var digest: String
    /// The snapshot between it and the image; nil if there is none.
    public var parent: String?
    /// When it was taken, RFC 3339 in UTC.
    public var takenAt: String
    /// Whether it can be used: not if the machine went down before it was on the disk.
    public var isUsable: Bool

    enum CodingKeys: String, CodingKey {
        case name, app, service, instance, image, digest, parent
        case takenAt = "taken_at"
        case isUsable = "usable"
    }

    /// A snapshot.
    public init(
        name: String,
        app: String,
        service: String,
        instance: Int,
        image: String,
        digest: String,
        parent: String?,
        takenAt: String,
        isUsable: Bool
    ) {
        self.name = name
        self.app = app
        self.service = service
        self.instance = instance
        self.image = image
        self.digest = digest
        self.parent = parent
        self.takenAt = takenAt
        self.isUsable = isUsable
    }
}
