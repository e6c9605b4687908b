// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// What is done after a crash, and against the next.
extension ImageStore {
    /// Clears away what a crashed writer left, and what a power cut may have damaged; unless someone is at work, for
    /// then it may be theirs.
    func recover() throws(ImageError) {
        try ifQuiet { () throws(ImageError) in
            try attempt("clean", "image store") { () throws(LinuxError) in try Scratch.sweep(root) }
            try content.sweep()
            try layers.sweep()
            try sweepTrust()
            let lost = try content.recover()
            if !lost.isEmpty { try forget(those: lost) }
        }
    }

    /// Forgets the names whose content is lost, so that they are fetched again: a name is a promise.
    func forget(those lost: Set<Digest>) throws(ImageError) {
        try changeRecord { record throws(ImageError) in
            record.keep { entry in
                guard !lost.contains(entry.manifest.digest) else { return false }
                guard let (manifest, _) = try? documents(entry.manifest) else { return true }
                return lost.isDisjoint(with: [manifest.config.digest] + manifest.layers.map(\.digest))
            }
        }
    }

    /// Waits until all that has a name is on the disk, so that it outlives a power cut as well.
    ///
    /// Until then a power cut costs the fetching of what came last, never its correctness. Makes one syncfs(2), if
    /// there is anything new.
    public func settle() throws(ImageError) {
        let fresh = try content.unsettled() + layers.unsettled()
        guard !fresh.isEmpty else { return }
        try attempt("synchronize", "image store") { () throws(LinuxError) in
            try root.synchronizeFileSystem()
            for file in fresh { try Durability.settle(file) }
        }
    }
}
