// SPDX-License-Identifier: Apache-2.0

/// What an instance had written at one moment, as a read-only layer above its image's.
struct Snapshot: Codable, Equatable, Sendable {
    var name: String
    var app: String
    var service: String
    var instance: Int
    /// The image as the file named it, and what exactly it was.
    var image: String
    var imageDigest: String
    /// The snapshot below it; nil if it stands on the image itself.
    var parent: String?
    /// Nanoseconds since 1970.
    var takenAt: Int64
    /// The boot in which it was taken, nil once it is all on the disk: after another boot it may be torn.
    var boot: String?
}
