// SPDX-License-Identifier: Apache-2.0

/// Where the entries of a volume are: in runs of pages, of which a later one goes before an earlier one.
package struct TreeRoot: Equatable {
    /// A page and what it begins with.
    package struct Page: Equatable {
        package let chunk: ChunkReference
        package let first: TreePath
        package let entries: Int
    }

    /// No tree has more runs: each is less than half of the one before.
    static let maximumRuns = 64

    package var runs: [[Page]]

    init(runs: [[Page]]) { self.runs = runs }

    /// As bytes; throws if they are more than a chunk may have, at some ten million files.
    func encoded() throws(FormatFlaw) -> [UInt8] {
        var packs = PackTable(), body = ByteWriter()
        body.put(varying: runs.count)
        for run in runs {
            body.put(varying: run.count)
            for page in run {
                body.put(page.chunk, &packs)
                body.put(counted: page.first.bytes)
                body.put(varying: page.entries)
            }
        }
        var root = ByteWriter()
        root.put("MLRT".utf8)
        root.put(packs)
        root.put(body.bytes)
        guard root.count <= ChunkReference.maximumSize, runs.count <= Self.maximumRuns,
            packs.names.count <= PackTable.limit
        else { throw FormatFlaw("there are too many files for one volume") }
        return root.bytes
    }

    /// Reads one.
    package init(_ bytes: [UInt8]) throws(FormatFlaw) {
        var reader = ByteReader(bytes)
        try reader.expect("MLRT")
        let packs = try reader.takePacks()
        runs = []
        for _ in 0..<(try reader.takeCount("number of runs", limit: Self.maximumRuns)) {
            var run: [Page] = []
            for _ in 0..<(try reader.takeCount("number of pages", limit: reader.rest / ContentName.size)) {
                let chunk = try reader.takeChunk(packs)
                guard chunk.size <= TreePage.decodedLimit else {
                    throw FormatFlaw("a page has \(chunk.size) bytes")
                }
                let first = try TreePath(
                    bytes: reader.takeCounted("path of a page", limit: TreePath.maximumBytes)
                )
                if let before = run.last, !(before.first < first) {
                    throw FormatFlaw("the page of \(first) is not in its order")
                }
                let entries = try reader.takeCount("entries of a page", limit: chunk.size)
                run.append(Page(chunk: chunk, first: first, entries: entries))
            }
            guard !run.isEmpty else { throw FormatFlaw("a run has no page") }
            runs.append(run)
        }
        try reader.expectEnd()
    }
}
