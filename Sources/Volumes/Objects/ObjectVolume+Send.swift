// SPDX-License-Identifier: Apache-2.0
package import Linux
internal import Objects
internal import Synchronization
package import Transfer

// To the store.

extension ObjectVolume {
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
        let new = changes.written.filter { there[$0] == nil }
        var creating: Set<TreePath> = []
        if !new.isEmpty, try creates(in: scope) { creating = Set(new) }
        let (first, refused) = try put(changes.written, creating: creating, move)
        var sent = first
        var isMore = false
        if !refused.isEmpty { isMore = try sendBeside(refused, &sent, move, in: beside) }
        try remove(removed.filter { state.files[$0] != nil }, in: scope)
        sent.removed = removed.count
        dirtyBytes = 0
        return sent == Sent() && settled.isEmpty && !isMore && changes.removed.isEmpty ? nil : sent
    }

    /// Sends files whose names somebody took since they were looked for: both are kept, as of all that both changed.
    ///
    /// What has gone again, or is not shown yet, is left for the next time.
    /// - Returns: Whether anything became of them.
    private func sendBeside(
        _ paths: [TreePath],
        _ sent: inout Sent,
        _ move: FileMove,
        in beside: Descriptor
    ) throws(VolumeError) -> Bool {
        let there = try look(for: paths, in: move.scope), seen = paths.filter { there[$0] != nil }
        let settled = try settle(seen, there, move, in: beside)
        let (more, _) = try put(seen.filter { !settled.contains($0) }, creating: [], move)
        sent.put += more.put
        sent.bytes += more.bytes
        return !seen.isEmpty
    }

    /// Makes objects of files, and of some only where there is none: those of which there were some by then are told.
    private func put(_ paths: [TreePath], creating: Set<TreePath>, _ move: FileMove) throws(VolumeError)
        -> (sent: Sent, refused: [TreePath])
    {
        let puts = Mutex<[TreePath: (read: FileMove.Read, tag: EntityTag?)]>([:])
        let refused = Mutex<[TreePath]>([])
        try Together.each(paths, most: Self.together) { path throws(VolumeError) in
            do {
                switch try move.put(path, isNew: creating.contains(path)) {
                case .gone: return
                case .made(let read, let tag): puts.withLock { $0[path] = (read, tag) }
                case .present: refused.withLock { $0.append(path) }
                }
            } catch { throw VolumeError("send", path.description, of: error) }
        }
        let put = puts.withLock { $0 }
        // A store that did not say what it calls them is asked; what is larger or smaller is somebody else's already.
        let there = try look(for: put.filter { $0.value.tag == nil }.map(\.key), in: move.scope)
        var sent = Sent()
        for (path, (read, tag)) in put {
            let asked = there[path].flatMap { $0.size == read.size ? $0.tag : nil }
            state.files[path] = ObjectState.Known(
                mark: read.mark,
                hash: read.hash,
                tag: tag ?? asked ?? EntityTag("")
            )
            sent.put += 1
            sent.bytes += read.size
        }
        return (sent, refused.withLock { $0 }.sorted())
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
