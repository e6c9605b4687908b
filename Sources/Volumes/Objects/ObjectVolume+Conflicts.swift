// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects

// Files that changed on both sides, and what has no place here.

extension ObjectVolume {
    /// Keeps both of files that changed here and in the store, each, unless they are the same: what the store has comes
    /// beside ours, which is going to be sent.
    ///
    /// - Returns: Those that were found to be the same.
    func settle(
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
                try? beside.unlink(name)  // one that could not be put in its place before
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
    func leave(_ path: TreePath, _ error: any Error) throws(VolumeError) {
        let error = VolumeError("bring", path.description, of: error)
        guard error.isOfPath else { throw error }
        left.there[path] = error.reason
    }
}

extension VolumeError {
    /// Whether it is for the sake of one name, and others can do.
    var isOfPath: Bool {
        switch cause {
        case .system(let error):
            [EISDIR, ENOTDIR, ELOOP, EXDEV, EEXIST, ENOENT, ENOTEMPTY, ENAMETOOLONG].contains(error.errno)
        case .store(let error): error.cause == .absent
        case .refused: true
        case .damaged, .fenced, .unsettled, .cancelled: false
        }
    }
}
