// SPDX-License-Identifier: Apache-2.0
public import Logs
public import Objects
public import Transfer

/// Reads an archive as one log, in the order of time: the names tell which objects are needed, an object's index which
/// of its members, and nothing else is read.
///
/// Blocks; belongs to one thread at a time.
public struct ArchiveReader: Sendable {
    /// What is met on the way.
    public enum Item: Equatable, Sendable {
        /// A line or a gap, and whose it is.
        case event(LogEvent, app: String, service: String, instance: Int)
        /// An object that cannot be read, or not on: what is wrong with which. What follows is read all the same.
        case damaged(String)
    }

    /// Objects of one query at most: their names are held in memory.
    private static let maximum = 100_000

    private let scope: TransferScope
    private var chains: [ArchiveChain] = []

    /// Whether there is no object in which such lines may be.
    public var isEmpty: Bool { chains.isEmpty }

    /// Finds the objects that a query is about.
    public init(
        _ store: any ObjectStore,
        prefix: String,
        _ query: ArchiveQuery,
        in scope: TransferScope
    ) throws(ObjectError) {
        self.scope = scope
        var found: [String: [ArchiveChain.Link]] = [:]
        let root = ArchiveKey.root(prefix, node: query.node)
        var last: ObjectKey?
        var count = 0
        repeat {
            let page = try store.list(query.start(prefix), after: last, limit: 1_000, in: scope)
            for entry in page.entries {
                guard let key = ArchiveKey(entry.key.text, root: root), query.mayBe(in: key) else { continue }
                count += 1
                guard count <= Self.maximum else {
                    let why =
                        "has more than \(Self.maximum) objects of that time: ask for a shorter one, or for one app"
                    throw ObjectError("list", query.start(prefix), .refused(why))
                }
                found[key.folder, default: []].append(
                    ArchiveChain.Link(name: entry.key, key: key, size: entry.status.size)
                )
            }
            last = page.next
        } while last != nil
        chains = found.sorted { $0.key < $1.key }.map { _, links in
            ArchiveChain(links, of: store, query.times)
        }
    }

    /// The next item; nil after the last.
    public mutating func next() throws(ObjectError) -> Item? {
        while let index = chains.indices.min(by: { chains[$0].bound < chains[$1].bound }) {
            let (key, step) = (chains[index].key, try chains[index].step(in: scope))
            switch step {
            case .event(let event):
                guard let key else { continue }
                return .event(event, app: key.app, service: key.service, instance: key.instance)
            case .damaged(let why): return .damaged(why)
            case .nearer: continue
            case .over: chains.remove(at: index)
            }
        }
        return nil
    }
}
