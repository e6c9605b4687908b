// SPDX-License-Identifier: Apache-2.0

/// Entries of a tree in the order of their paths, as one chunk.
package enum TreePage {
    /// A page ends behind the first entry whose path says so, once it has so many bytes.
    static let minimum = 32 << 10
    /// At so many it ends in any case.
    static let maximum = 256 << 10
    /// One entry with all that it may have is larger than that.
    static let decodedLimit = 1 << 20

    /// Pages of entries, each with how many it has.
    ///
    /// Where a page ends depends on paths around it alone: entries that come or go change one page or two.
    static func encode(_ entries: [TreeEntry]) -> [(bytes: [UInt8], entries: ArraySlice<TreeEntry>)] {
        var pages: [(bytes: [UInt8], entries: ArraySlice<TreeEntry>)] = []
        var packs = PackTable(), body = ByteWriter(), before = TreePath.root, start = 0
        for (index, entry) in entries.enumerated() {
            body.put(entry, after: before, &packs)
            before = entry.path
            let size = body.count + packs.names.count * PackName.size
            let isCut = size >= minimum && hash(entry.path) & 0xFF == 0
            guard isCut || size >= maximum || index + 1 == entries.count else { continue }
            var page = ByteWriter()
            page.put("MLPG".utf8)
            page.put(packs)
            page.put(varying: index + 1 - start)
            page.put(body.bytes)
            pages.append((page.bytes, entries[start...index]))
            (packs, body, before, start) = (PackTable(), ByteWriter(), .root, index + 1)
        }
        return pages
    }

    /// The entries of a page.
    package static func decode(_ bytes: [UInt8]) throws(FormatFlaw) -> [TreeEntry] {
        var reader = ByteReader(bytes)
        try reader.expect("MLPG")
        let packs = try reader.takePacks()
        // The shortest entry has three bytes.
        let count = try reader.takeCount("number of entries", limit: reader.rest / 3)
        guard count > 0 else { throw FormatFlaw("a page has no entry") }
        var entries: [TreeEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count { entries.append(try reader.takeEntry(after: entries.last?.path, packs)) }
        try reader.expectEnd()
        return entries
    }

    /// FNV-1a with 64 bits, folded: the same on every machine, which `Hasher` is not.
    private static func hash(_ path: TreePath) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in path.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash ^ (hash >> 32)
    }
}
