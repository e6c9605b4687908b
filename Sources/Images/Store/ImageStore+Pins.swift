// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Images that stay though no name may lead to them: `pins/OWNER`, a digest a line.
extension ImageStore {
    /// Keeps the images of these manifests until the same owner pins others; an empty set keeps none.
    ///
    /// Every collection heeds it, also one by another process. An agent pins what its generations and its containers
    /// use. The owner's name is of letters, digits, `-` and `_`, at most 64.
    public func pin(_ manifests: Set<Digest>, owner: String) throws(ImageError) {
        let isName = owner.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x2D || byte == 0x5F
        }
        guard isName, (1...64).contains(owner.utf8.count), let name = RawPath(owner) else {
            throw ImageError(
                "pin",
                owner,
                .malformed("the owner's name is not of letters, digits, '-' and '_'")
            )
        }
        let text = manifests.map { "\($0)\n" }.sorted().joined()
        try attempt("pin", owner) { () throws(LinuxError) in
            let folder = try pins()
            try Scratch.sweep(folder)  // of an owner that was killed
            try folder.replace(name, with: Array(text.utf8))
        }
    }

    /// All that is pinned.
    ///
    /// - Throws: If a pin cannot be read: what it keeps is not known, so nothing may be removed.
    func pinned() throws(ImageError) -> Set<Digest> {
        var digests: Set<Digest> = []
        let files = try attempt("read", "pins of the image store") { () throws(LinuxError) in
            let folder = try pins()
            var files: [(RawPath, [UInt8])] = []
            for name in try folder.entries() where !Scratch.isScratch(name) {
                let file = try folder.open(name, O_RDONLY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
                files.append((name, try file.readAll(limit: Document.maximumBytes)))
            }
            return files
        }
        for (name, bytes) in files {
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                guard let digest = try? Digest(String(decoding: line, as: UTF8.self)) else {
                    throw ImageError(
                        "read",
                        "pins/\(name) of the image store",
                        .malformed("a line is no digest: remove the file, its owner writes it again")
                    )
                }
                digests.insert(digest)
            }
        }
        return digests
    }

    private func pins() throws(LinuxError) -> Descriptor {
        do throws(LinuxError) {
            return try root.makeFolder("pins")
        } catch {
            guard error.errno == EEXIST else { throw error }
            return try root.open(folder: "pins")
        }
    }
}

extension Descriptor {
    /// Replaces a file of this folder: after a crash either the old or the new one is there, whole.
    func replace(_ name: RawPath, with bytes: [UInt8]) throws(LinuxError) {
        let (scratch, file) = try Scratch.file(in: self)
        do throws(LinuxError) {
            try file.write(bytes)
            Failpoint.pinWritten.reach()
            try file.synchronize()
            Failpoint.pinSynced.reach()
            try rename(scratch, to: name, in: self)
            Failpoint.pinRenamed.reach()
        } catch {
            try? unlink(scratch)
            throw error
        }
        try synchronize()
    }
}
