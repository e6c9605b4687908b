// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Volumes

/// Which version a cache folder is of: a file in it, written before anything else.
///
/// What the kernel knows of a mount, and what is kept of files, is of one version alone: of another one there may be data
/// where this one has holes.
struct VersionMark: Equatable {
    private static let name: RawPath = "version"
    private static let draft: RawPath = ".version"
    private static let maximumBytes = 1_024

    let sequence: UInt64
    /// The volume, the place in its log, and the name of the root of the tree.
    private let text: String

    /// The mark of a version.
    init(_ record: CommitRecord, of place: LogPlace) {
        sequence = record.sequence
        text = "\(record.sequence) \(record.root?.name.hex ?? "-") \(place.volume)"
    }

    /// The mark of a folder; nil if it has none yet.
    init?(in folder: Descriptor) throws {
        guard try folder.status(Self.name) != nil else { return nil }
        let file = try folder.open(Self.name, O_RDONLY | O_NOFOLLOW, resolve: .beneath)
        text = String(decoding: try file.readAll(limit: Self.maximumBytes), as: UTF8.self)
        guard let sequence = text.split(separator: " ").first.flatMap({ UInt64($0) }) else {
            throw VolumeError(
                "read",
                "version of a cache",
                .refused("it is not known: empty the cache folder")
            )
        }
        self.sequence = sequence
    }

    /// Has a folder be of this version; throws if it is of another one.
    func claim(_ folder: Descriptor) throws {
        guard let found = try VersionMark(in: folder) else {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
            try folder.open(Self.draft, flags, mode: 0o600, resolve: .beneath).write(text.utf8)
            return try folder.rename(Self.draft, to: Self.name, in: folder)
        }
        guard found == self else {
            let remedy =
                "its cache folder is of version \(found.sequence): give it another one, or empty that"
            throw VolumeError("serve", "version \(sequence)", .refused(remedy))
        }
    }
}
