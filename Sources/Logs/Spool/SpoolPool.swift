// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The room that all spools of a node share: the one that holds most gives first.
public final class SpoolPool: Sendable {
    private struct Member: Sendable {
        weak var spool: Spool?
    }

    private struct State {
        var limit: Int
        var members: [Member] = []
    }

    private let state: Mutex<State>
    private let exhausted = Atomic(false)

    /// Room for so many bytes.
    public init(bytes: Int) { state = Mutex(State(limit: bytes)) }

    /// Changes the room, and brings the spools below it.
    public func setLimit(_ bytes: Int) {
        state.withLock { $0.limit = bytes }
        makeRoom()
    }

    /// The bytes of all its spools.
    public var bytes: Int { spools.reduce(0) { $0 + $1.bytes } }

    /// More than the room is used, and none can give: those that keep lines for sinks are full.
    var isExhausted: Bool { exhausted.load(ordering: .relaxed) }

    func enter(_ spool: Spool) {
        state.withLock { state in
            state.members.removeAll { $0.spool == nil }
            state.members.append(Member(spool: spool))
        }
        makeRoom()
    }

    private var spools: [Spool] { state.withLock { $0.members.compactMap(\.spool) } }

    /// Has the largest spools give up their oldest segments while more than the room is used.
    ///
    /// Takes the locks of spools one after the other: who calls holds none.
    func makeRoom() {
        let limit = state.withLock { $0.limit }
        var sizes = spools.map { (spool: $0, bytes: $0.bytes) }
        var total = sizes.reduce(0) { $0 + $1.bytes }
        while total > limit {
            guard let largest = sizes.indices.max(by: { sizes[$0].bytes < sizes[$1].bytes }) else { break }
            guard let given = sizes[largest].spool.giveOldest() else {
                sizes.remove(at: largest)
                continue
            }
            sizes[largest].bytes -= given
            total -= given
        }
        exhausted.store(total > limit, ordering: .relaxed)
    }
}
