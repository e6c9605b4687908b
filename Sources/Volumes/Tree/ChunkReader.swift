// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

/// Reads chunks from their packs, those that lie side by side together.
final class ChunkReader {
    private struct Region {
        let pack: PackName
        let range: Range<Int>
        let bytes: [UInt8]
    }

    /// So much is read at once, and so much by one of several.
    private static let stretch = 8 << 20
    private static let share = 4 << 20
    /// What nobody wants is read along if it is no more than this.
    private static let gap = 256 << 10
    /// So many stretches are kept in memory, and so many by one of several.
    private static let regions = 4
    private static let sharedRegions = 2
    private static let attempts = 6

    private let store: any ObjectStore
    private let scope: TransferScope
    /// Whether it reads beside others of its kind.
    private let isShare: Bool
    /// What will be wanted of each pack, in the order of its places.
    private var wanted: [PackName: [Range<Int>]] = [:]
    private var regions: [Region] = []

    init(from store: any ObjectStore, in scope: TransferScope) {
        self.store = store
        self.scope = scope
        isShare = false
    }

    private init(shareOf whole: Shares) {
        (store, scope, isShare) = (whole.store, whole.scope, true)
    }

    /// What makes readers for threads that read side by side.
    struct Shares: Sendable {
        fileprivate let store: any ObjectStore
        fileprivate let scope: TransferScope

        /// One of several, which expects nothing yet.
        func reader() -> ChunkReader { ChunkReader(shareOf: self) }
    }

    /// For threads that read side by side: each has less in memory.
    var shares: Shares { Shares(store: store, scope: scope) }

    /// Chunks that will be asked for: what lies between two of them is read with them.
    func expect(_ chunks: some Sequence<ChunkReference>) {
        var wanted: [PackName: Set<Range<Int>>] = [:]
        for chunk in chunks {
            wanted[chunk.pack, default: []].insert(chunk.offset..<chunk.offset + chunk.stored)
        }
        self.wanted = wanted.mapValues { $0.sorted { $0.lowerBound < $1.lowerBound } }
    }

    /// What a chunk was.
    func read(_ chunk: ChunkReference) throws(VolumeError) -> [UInt8] {
        let range = chunk.offset..<chunk.offset + chunk.stored
        let region = try region(of: range, in: chunk.pack)
        let start = range.lowerBound - region.range.lowerBound
        do throws(FormatFlaw) {
            guard start + range.count <= region.bytes.count else {
                throw FormatFlaw("\(chunk.pack) ends within the chunk \(chunk.name)")
            }
            return try PackedChunk.unpack(region.bytes[start..<start + range.count], chunk)
        } catch {
            throw VolumeError("read", chunk.pack.description, .damaged(error.description))
        }
    }

    private func region(of range: Range<Int>, in pack: PackName) throws(VolumeError) -> Region {
        if let region = regions.last(where: {
            $0.pack == pack && $0.range.lowerBound <= range.lowerBound
                && range.upperBound <= $0.range.upperBound
        }) {
            return region
        }
        var end = range.upperBound
        let ranges = wanted[pack] ?? []
        var low = 0, high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].lowerBound < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        for next in ranges[low...] {
            guard next.lowerBound <= end + Self.gap,
                next.upperBound - range.lowerBound <= (isShare ? Self.share : Self.stretch)
            else {
                break
            }
            end = max(end, next.upperBound)
        }
        let region = Region(
            pack: pack,
            range: range.lowerBound..<end,
            bytes: try fetch(range.lowerBound..<end, of: pack)
        )
        regions.append(region)
        if regions.count > (isShare ? Self.sharedRegions : Self.regions) { regions.removeFirst() }
        return region
    }

    private func fetch(_ range: Range<Int>, of pack: PackName) throws(VolumeError) -> [UInt8] {
        let key = try LogPlace.pack(pack), wanted = Int64(range.lowerBound)..<Int64(range.upperBound)
        var attempt = 0
        while true {
            attempt += 1
            do throws(ObjectError) {
                let object = try store.get(key, wanted, limit: range.count, unless: nil, in: scope)
                return object?.bytes ?? []
            } catch {
                if case .outside = error.cause {
                    throw VolumeError("read", key.text, .damaged("it ends before byte \(range.lowerBound)"))
                }
                guard error.isPassing, attempt < Self.attempts,
                    scope.wait(for: LeaseTiming().pause(after: attempt))
                else { throw VolumeError("read", key.text, .store(error)) }
            }
        }
    }
}
