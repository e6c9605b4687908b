// SPDX-License-Identifier: Apache-2.0
package import Volumes

/// Reads the tree of a version from its store into an index, without ever having all of it as entries.
package struct TreeFetch {
    /// So much of a pack is read at once.
    private static let stretch = 4 << 20
    /// What nobody wants is read along if it is no more than this.
    private static let gap = 64 << 10

    /// The entries of a run, a page at a time.
    private struct Run {
        let pages: [TreeRoot.Page]
        var next = 0
        var last: TreePath?
        var entries: ArraySlice<TreeEntry> = []
        /// A part of a pack that has some of the pages.
        var part: (pack: PackName, range: Range<Int>, bytes: [UInt8])?
    }

    private let packs: PackSource
    private var runs: [Run] = []

    private init(_ packs: PackSource) { self.packs = packs }

    /// The index of the tree of a version.
    package static func index(
        of record: CommitRecord,
        from packs: PackSource,
        ids: IdentityMap = IdentityMap()
    ) throws(VolumeError) -> TreeIndex {
        guard let root = record.root else {
            throw VolumeError("read", "version \(record.sequence)", .refused("it has no files yet"))
        }
        let bytes = try packs.read(root)
        var fetch = TreeFetch(packs)
        do throws(FormatFlaw) {
            fetch.runs = try TreeRoot(bytes).runs.map { Run(pages: $0) }
            var indexing = TreeIndexing(ids: ids)
            while let entry = try fetch.next() {
                if !entry.isGone { try indexing.add(entry) }
            }
            return try indexing.finish()
        } catch {
            throw VolumeError("read", "tree of version \(record.sequence)", .damaged(error.description))
        }
    }

    /// The entry with the next path; of two with one path that of the later run.
    private mutating func next() throws(FormatFlaw) -> TreeEntry? {
        var found: TreeEntry?
        for number in runs.indices {
            if runs[number].entries.isEmpty { try fill(number) }
            guard let entry = runs[number].entries.first else { continue }
            if found.map({ entry.path <= $0.path }) ?? true { found = entry }
        }
        guard let found else { return nil }
        for number in runs.indices where runs[number].entries.first?.path == found.path {
            runs[number].entries.removeFirst()
        }
        return found
    }

    private mutating func fill(_ number: Int) throws(FormatFlaw) {
        guard runs[number].next < runs[number].pages.count else { return }
        let page = runs[number].pages[runs[number].next]
        let bytes: [UInt8]
        do throws(VolumeError) { bytes = try read(number) } catch { throw FormatFlaw(error.description) }
        let entries = try TreePage.decode(bytes)
        guard entries.count == page.entries, entries.first?.path == page.first,
            runs[number].last.map({ $0 < page.first }) ?? true
        else { throw FormatFlaw("the page of \(page.first) is not what the root says") }
        runs[number].next += 1
        runs[number].last = entries.last?.path
        runs[number].entries = entries[...]
    }

    /// The next page of a run; those that lie behind it in its pack are read with it.
    private mutating func read(_ number: Int) throws(VolumeError) -> [UInt8] {
        let run = runs[number], chunk = run.pages[run.next].chunk
        let range = chunk.offset..<chunk.offset + chunk.stored
        if let part = run.part, part.pack == chunk.pack, part.range.lowerBound <= range.lowerBound,
            range.upperBound <= part.range.upperBound
        {
            let start = range.lowerBound - part.range.lowerBound
            return try PackSource.unpack(part.bytes[start..<start + range.count], chunk)
        }
        var end = range.upperBound
        for next in run.pages[(run.next + 1)...].lazy.map(\.chunk) {
            let limit = next.offset + next.stored
            guard next.pack == chunk.pack, next.offset >= range.lowerBound, next.offset <= end + Self.gap,
                limit - range.lowerBound <= Self.stretch
            else { break }
            end = max(end, limit)
        }
        // What goes wrong with all of them is found out with this one alone, and with patience.
        if let bytes = try? packs.read(chunk.pack, range.lowerBound..<end),
            bytes.count == end - range.lowerBound
        {
            runs[number].part = (chunk.pack, range.lowerBound..<end, bytes)
            if let page = try? PackSource.unpack(bytes[..<range.count], chunk) { return page }
        }
        return try packs.read(chunk)
    }
}
