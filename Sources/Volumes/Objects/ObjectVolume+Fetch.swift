// SPDX-License-Identifier: Apache-2.0
package import Linux
internal import Objects
internal import Synchronization
package import Transfer

// From the store.

extension ObjectVolume {
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
        var there = try list(in: scope)
        let scan = try FolderScan(root, for: place)
        left = (scan.refusals, [:])
        guard !there.isEmpty else {
            state = ObjectState()
            return 0
        }
        try confirm(state.files.keys, &there, in: scope)
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
}
