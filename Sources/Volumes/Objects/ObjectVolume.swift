// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux
package import Objects
internal import Synchronization
package import Transfer

/// A folder whose files are objects of a store, one each, which others read and write as well: `mode: objects`.
///
/// There is no lease and no fence, and files are each as of an instant of their own. What somebody else put is never
/// replaced by what a container wrote, nor the other way round: of a file that both changed there are two then.
///
/// One call at a time.
package final class ObjectVolume {
    /// What went to the store.
    package struct Sent: Equatable, Sendable {
        /// Objects that were put, and their bytes.
        package var put = 0
        package var bytes: Int64 = 0
        /// Objects that were taken away.
        package var removed = 0

        /// Nothing did.
        package init() {}
    }

    /// So many requests are on their way at once.
    static let together = 16

    let place: ObjectPlace
    let store: any ObjectStore
    /// What the folder and the store had in common last.
    package internal(set) var state: ObjectState
    /// Files and objects that are left out, and why: as of the last look at each.
    var left: (here: [TreePath: String], there: [TreePath: String]) = ([:], [:])
    /// Bytes of files that changed since they were sent, when that was looked at last.
    package internal(set) var dirtyBytes: UInt64 = 0
    /// Whether of many who create an object in the store one alone does; nil until it was asked.
    private var isAtomic: Bool?

    /// A folder as it was known last; nothing is asked yet.
    package init(_ place: ObjectPlace, in store: any ObjectStore, knowing state: ObjectState = ObjectState())
    {
        self.place = place
        self.store = store
        self.state = state
    }

    /// How many files the folder and the store have in common.
    package var files: Int { state.files.count }

    /// What is left out, each with its name and the reason; nil for nothing.
    package var refusal: VolumeError? {
        let all = left.here.merging(left.there) { here, _ in here }
        guard let (path, reason) = all.min(by: { $0.key < $1.key }) else { return nil }
        let more = all.count > 1 ? ", and \(all.count - 1) more files are left out" : ""
        return VolumeError(
            "keep",
            "\(place.prefix)/\(path)",
            .refused("\(reason): remove or rename it, or use 'mode: snapshot'\(more)")
        )
    }

    /// Whether the store makes an object only where there is none, if that is said.
    func creates(in scope: TransferScope) throws(VolumeError) -> Bool {
        if let isAtomic { return isAtomic }
        do throws(ObjectError) {
            let isKept = try store.promises(in: scope).hasAtomicCreate
            isAtomic = isKept
            return isKept
        } catch { throw VolumeError("send", place.prefix, of: error) }
    }

    // MARK: What changed here

    /// Whether the folder has what the store has not, without a request.
    package func readAhead(_ root: Descriptor, in scope: TransferScope) throws(VolumeError) -> Bool {
        let changes = try changes(of: root, in: scope)
        dirtyBytes = changes.bytes
        return !changes.isEmpty
    }

    struct Changes {
        var written: [TreePath] = []
        var removed: [TreePath] = []
        var bytes: UInt64 = 0

        var isEmpty: Bool { written.isEmpty && removed.isEmpty }
    }

    /// What is other than it was sent; a file that only looks so is known to be the same from now on.
    func changes(of root: Descriptor, in scope: TransferScope) throws(VolumeError) -> Changes {
        let scan = try FolderScan(root, for: place)
        left.here = scan.refusals
        let move = FileMove(root: root, place: place, store: store, scope: scope)
        var changes = Changes()
        for (path, mark) in scan.files.sorted(by: { $0.key < $1.key }) where try !isSame(path, mark, move) {
            changes.written.append(path)
            changes.bytes &+= UInt64(clamping: mark.size)
        }
        changes.removed = state.files.keys.filter { scan.files[$0] == nil }.sorted()
        return changes
    }

    /// Whether a file is as it was known last, by its bytes if its mark does not tell.
    func isSame(_ path: TreePath, _ mark: FileMark, _ move: FileMove) throws(VolumeError) -> Bool {
        guard let known = state.files[path] else { return false }
        if known.mark == mark { return true }
        do {
            guard let read = try move.read(path), read.hash == known.hash else { return false }
            state.files[path]?.mark = read.mark
            return true
        } catch { throw VolumeError("read", path.description, of: error) }
    }

    // MARK: What is there

    /// All objects that are files of here.
    func list(in scope: TransferScope) throws(VolumeError) -> [TreePath: ObjectStatus] {
        var found: [TreePath: ObjectStatus] = [:], last: ObjectKey?
        repeat {
            let page: ObjectPage
            do throws(ObjectError) {
                page = try store.list(place.start, after: last, limit: 1_000, in: scope)
            } catch { throw VolumeError("list", place.prefix, of: error) }
            for entry in page.entries {
                if let path = place.path(of: entry.key) { found[path] = entry.status }
            }
            guard found.count <= ObjectState.mostFiles else {
                let reason = "has more than \(ObjectState.mostFiles) objects: use a longer prefix"
                throw VolumeError("list", place.prefix, .refused(reason))
            }
            last = page.next
        } while last != nil
        return found
    }

    /// What there is of some objects: each is asked for, or all are listed, whatever are fewer requests.
    func look(for paths: [TreePath], in scope: TransferScope) throws(VolumeError)
        -> [TreePath: ObjectStatus]
    {
        guard paths.count <= 1 + state.files.count / 1_000 else {
            var there = try list(in: scope)
            try confirm(paths, &there, in: scope)
            return there
        }
        return try ask(for: paths, in: scope)
    }

    /// Asks for those of some files that were in the store and are not in a list of it: lists are late in some stores.
    func confirm(
        _ paths: some Sequence<TreePath>,
        _ there: inout [TreePath: ObjectStatus],
        in scope: TransferScope
    ) throws(VolumeError) {
        let missing = paths.filter { there[$0] == nil && state.files[$0] != nil }
        there.merge(try ask(for: missing, in: scope)) { _, asked in asked }
    }

    /// What there is of some objects, each by a request.
    private func ask(for paths: [TreePath], in scope: TransferScope) throws(VolumeError)
        -> [TreePath: ObjectStatus]
    {
        let found = Mutex<[TreePath: ObjectStatus]>([:]), (store, place) = (store, place)
        try Together.each(paths, most: Self.together) { path throws(VolumeError) in
            do throws(ObjectError) {
                let status = try store.head(place.key(path), in: scope)
                found.withLock { $0[path] = status }
            } catch {
                guard error.cause == .absent else { throw VolumeError("look", path.description, of: error) }
            }
        }
        return found.withLock { $0 }
    }
}
