// SPDX-License-Identifier: Apache-2.0

/// When images that nothing needs are removed, and which first.
public struct GarbagePolicy: Hashable, Sendable {
    /// Percent of the disk in use from which on images are removed, 1 to 100.
    public var high = 85
    /// Percent of the disk in use at which that ends, at most `high`.
    public var low = 80
    /// How long an image stays after it was last used or brought.
    public var minimumAge: Duration = .seconds(86_400)

    /// The default marks.
    public init() {}

    /// A name that may have to go.
    struct Candidate: Equatable {
        let name: String
        let manifest: Digest
        /// Seconds since 1970.
        let lastUse: Int64
    }

    /// Which names may go, the one that was used the longest ago first.
    ///
    /// What is pinned stays, and what is too young.
    func victims(among candidates: [Candidate], pinned: Set<Digest>, now: Int64) -> [Candidate] {
        let newest = now - minimumAge.components.seconds
        return candidates.filter { !pinned.contains($0.manifest) && $0.lastUse <= newest }
            .sorted { ($0.lastUse, $0.name) < ($1.lastUse, $1.name) }
    }
}

/// What a collection removed.
public struct GarbageReport: Hashable, Sendable {
    /// Names that were forgotten.
    public var names: [String] = []
    /// Blobs that were removed.
    public var blobs = 0
    /// Unpacked layers that were removed.
    public var layers = 0
    /// Bytes of the blobs, and of unfinished ones.
    public var bytes: Int64 = 0

    mutating func add(_ other: GarbageReport) {
        names += other.names
        blobs += other.blobs
        layers += other.layers
        bytes += other.bytes
    }
}
