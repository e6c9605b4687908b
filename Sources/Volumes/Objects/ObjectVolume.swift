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
    private static let together = 16

    let place: ObjectPlace
    let store: any ObjectStore
    /// What the folder and the store had in common last.
    package internal(set) var state: ObjectState
    /// Files and objects that are left out, and why: as of the last look at each.
    private var left: (here: [TreePath: String], there: [TreePath: String]) = ([:], [:])
    /// Bytes of files that changed since they were sent, when that was looked at last.
    package private(set) var dirtyBytes: UInt64 = 0

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

    // MARK: To the store

    /// Whether the folder has what the store has not, without a request.
    package func readAhead(_ root: Descriptor, in scope: TransferScope) throws(VolumeError) -> Bool {
        let changes = try changes(of: root, in: scope)
        dirtyBytes = changes.bytes
        return !changes.isEmpty
    }

    /// Has in the store what changed in the folder.
    ///
    /// - Returns: What that was; nil if nothing changed: then no request was made.
    /// - Throws: What kept it from the store; what came there is known at the next attempt.
    package func send(_ root: Descriptor, beside: Descriptor, in scope: TransferScope) throws(VolumeError)
        -> Sent?
    {
        var changes = try changes(of: root, in: scope)
        guard !changes.isEmpty else { return nil }
        let move = FileMove(root: root, place: place, store: store, scope: scope)
        let there = try look(for: changes.written + changes.removed, in: scope)
        // Somebody else's, and not what we go on from.
        let strange = changes.written.filter { path in
            there[path].map { $0.tag != state.files[path]?.tag } ?? false
        }
        let settled = try settle(strange, there, move, in: beside)
        changes.written.removeAll { settled.contains($0) }
        // What somebody put since is not taken away; it comes here with the next look at the store.
        var removed: [TreePath] = []
        for path in changes.removed {
            if let status = there[path], status.tag == state.files[path]?.tag {
                removed.append(path)
            } else {
                state.files[path] = nil
            }
        }
        // Where a file is now a folder, or a folder a file, the one goes before the other comes.
        let files = Set(changes.written), folders = Set(files.lazy.flatMap(\.folders))
        try remove(
            removed.filter { folders.contains($0) || $0.folders.contains(where: files.contains) },
            in: scope
        )
        var sent = try put(changes.written, move)
        try remove(removed.filter { state.files[$0] != nil }, in: scope)
        sent.removed = removed.count
        dirtyBytes = 0
        return sent == Sent() && settled.isEmpty && changes.removed.isEmpty ? nil : sent
    }

    private struct Changes {
        var written: [TreePath] = []
        var removed: [TreePath] = []
        var bytes: UInt64 = 0

        var isEmpty: Bool { written.isEmpty && removed.isEmpty }
    }

    /// What is other than it was sent; a file that only looks so is known to be the same from now on.
    private func changes(of root: Descriptor, in scope: TransferScope) throws(VolumeError) -> Changes {
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

    private func put(_ paths: [TreePath], _ move: FileMove) throws(VolumeError) -> Sent {
        let reads = Mutex<[TreePath: FileMove.Read]>([:])
        try Together.each(paths, most: Self.together) { path throws(VolumeError) in
            do {
                guard let read = try move.put(path) else { return }
                reads.withLock { $0[path] = read }
            } catch { throw VolumeError("send", path.description, of: error) }
        }
        let put = reads.withLock { $0 }
        // How the store calls them now; one that is larger or smaller is somebody else's already.
        let there = try look(for: Array(put.keys), in: move.scope)
        var sent = Sent()
        for (path, read) in put {
            let status = there[path].flatMap { $0.size == read.size ? $0 : nil }
            state.files[path] = ObjectState.Known(
                mark: read.mark,
                hash: read.hash,
                tag: status?.tag ?? EntityTag("")
            )
            sent.put += 1
            sent.bytes += read.size
        }
        return sent
    }

    private func remove(_ paths: [TreePath], in scope: TransferScope) throws(VolumeError) {
        guard !paths.isEmpty else { return }
        do throws(ObjectError) {
            var keys: [ObjectKey] = []
            for path in paths { keys.append(try place.key(path)) }
            try store.delete(keys, in: scope)
        } catch { throw VolumeError("remove", place.prefix, of: error) }
        for path in paths { state.files[path] = nil }
    }

    // MARK: From the store

    /// Has in the folder what others did to the objects.
    ///
    /// Where the store has none of what was there, nothing is removed here: then it is all put again.
    ///
    /// - Parameters:
    ///   - root: The folder.
    ///   - beside: A directory of the same file system, where a file is until it is whole.
    ///   - scope: Ends it early.
    ///   - told: Told how many files are here, and of how many.
    /// - Returns: How many files came, or went.
    /// - Throws: What kept them from the folder; the same may be asked for again.
    package func fetch(
        _ root: Descriptor,
        beside: Descriptor,
        in scope: TransferScope,
        told: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws(VolumeError) -> Int {
        let there = try list(in: scope), scan = try FolderScan(root, for: place)
        left = (scan.refusals, [:])
        guard !there.isEmpty else {
            state = ObjectState()
            return 0
        }
        let move = FileMove(root: root, place: place, store: store, scope: scope)
        var wanted: [(path: TreePath, before: FileMark?)] = [], strange: [TreePath] = [], changes = 0
        for (path, status) in there.sorted(by: { $0.key < $1.key })
        where state.files[path]?.tag != status.tag {
            guard let mark = scan.files[path] else {
                wanted.append((path, nil))
                continue
            }
            if try isSame(path, mark, move) { wanted.append((path, mark)) } else { strange.append(path) }
        }
        for path in state.files.keys.sorted() where there[path] == nil {
            if let mark = scan.files[path], try isSame(path, mark, move) {
                do { try move.remove(path, known: mark) } catch {
                    throw VolumeError("remove", path.description, of: error)
                }
                changes += 1
            }
            state.files[path] = nil
        }
        changes += try bring(wanted, there, move, in: beside, told)
        changes += try settle(strange, there, move, in: beside).count
        return changes
    }

    private func bring(
        _ wanted: [(path: TreePath, before: FileMark?)],
        _ there: [TreePath: ObjectStatus],
        _ move: FileMove,
        in beside: Descriptor,
        _ told: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) throws(VolumeError) -> Int {
        var possible: [(number: Int, path: TreePath, before: FileMark?)] = []
        for (number, file) in wanted.enumerated() {
            // A file that is a folder as well can only be one of both.
            if number + 1 < wanted.count, wanted[number + 1].path.isBelow(file.path) {
                left.there[file.path] = "is an object, and so is what is below it"
                continue
            }
            do {
                try move.makeFolders(to: file.path)
                possible.append((number, file.path, file.before))
            } catch { try leave(file.path, error) }
        }
        let brought = Mutex<[TreePath: Result<ObjectState.Known?, VolumeError>]>([:])
        let all = possible.count
        try Together.each(possible, most: Self.together) { file throws(VolumeError) in
            let name = RawPath(stringLiteral: "\(file.number)")
            do {
                guard let listed = there[file.path] else { return }
                let (read, status) = try move.get(file.path, listed, as: name, in: beside)
                let isHere = try move.install(name, of: beside, at: file.path, over: file.before)
                let known = ObjectState.Known(mark: read.mark, hash: read.hash, tag: status.tag)
                let done = brought.withLock { brought in
                    brought[file.path] = .success(isHere ? known : nil)
                    return brought.count
                }
                told(done, all)
            } catch {
                let error = VolumeError("bring", file.path.description, of: error)
                guard error.isOfPath else { throw error }
                brought.withLock { $0[file.path] = .failure(error) }
            }
        }
        var changes = 0
        for (path, result) in brought.withLock({ $0 }) {
            switch result {
            case .failure(let error): left.there[path] = error.reason
            // It changed here meanwhile: the next look finds out.
            case .success(nil): continue
            case .success(let known?):
                state.files[path] = known
                changes += 1
            }
        }
        return changes
    }

    /// Keeps both of files that changed here and in the store, each, unless they are the same: what the store has comes
    /// beside ours, which is going to be sent.
    ///
    /// - Returns: Those that were found to be the same.
    private func settle(
        _ paths: [TreePath],
        _ there: [TreePath: ObjectStatus],
        _ move: FileMove,
        in beside: Descriptor
    ) throws(VolumeError) -> Set<TreePath> {
        var same: Set<TreePath> = []
        for (number, path) in paths.enumerated() {
            guard let listed = there[path] else { continue }
            let name = RawPath(stringLiteral: "other-\(number)")
            do {
                let (other, status) = try move.get(path, listed, as: name, in: beside)
                let own = try move.read(path)
                if let own, own.hash == other.hash {
                    state.files[path] = ObjectState.Known(mark: own.mark, hash: other.hash, tag: status.tag)
                    same.insert(path)
                    try beside.unlink(name)
                    continue
                }
                let second = try TreePath(
                    bytes: path.bytes + Array(".theirs-\(other.hash.hex.prefix(8))".utf8)
                )
                if try !move.install(name, of: beside, at: second, over: nil) {
                    try beside.unlink(name)
                    guard try move.read(second)?.hash == other.hash else {
                        let reason = "\(second) is there, and is something else: rename it"
                        throw VolumeError("bring", path.description, .refused(reason))
                    }
                }
                // Theirs is here: ours may take its place.
                state.files[path] = ObjectState.Known(mark: nil, hash: other.hash, tag: status.tag)
            } catch {
                try leave(path, error)
                same.insert(path)
            }
        }
        return same
    }

    /// What is left out for its name, or for what is in its place.
    private func leave(_ path: TreePath, _ error: any Error) throws(VolumeError) {
        let error = VolumeError("bring", path.description, of: error)
        guard error.isOfPath else { throw error }
        left.there[path] = error.reason
    }

    // MARK: What is there

    /// All objects that are files of here.
    private func list(in scope: TransferScope) throws(VolumeError) -> [TreePath: ObjectStatus] {
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
    private func look(for paths: [TreePath], in scope: TransferScope) throws(VolumeError)
        -> [TreePath: ObjectStatus]
    {
        guard paths.count <= 1 + state.files.count / 1_000 else { return try list(in: scope) }
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

extension VolumeError {
    /// Whether it is for the sake of one name, and others can do.
    fileprivate var isOfPath: Bool {
        switch cause {
        case .system(let error):
            [EISDIR, ENOTDIR, ELOOP, EXDEV, EEXIST, ENOENT, ENOTEMPTY, ENAMETOOLONG].contains(error.errno)
        case .store(let error): error.cause == .absent
        case .refused: true
        case .damaged, .fenced, .unsettled, .cancelled: false
        }
    }
}

extension TreePath {
    /// The folders on the way to it, but for the root.
    fileprivate var folders: [TreePath] {
        var folders: [TreePath] = [], current = self
        while let folder = current.parted?.folder, folder != .root {
            folders.append(folder)
            current = folder
        }
        return folders
    }
}
