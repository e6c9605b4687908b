// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// What is remembered of the trust in manifests, be they here or not.
extension ImageStore {
    /// More records than this are not kept: the oldest of manifests that are not here go first.
    private static let maximumRecords = 4096

    /// The last verdict that let a manifest run; nil if none did.
    public func verdict(on manifest: Digest) throws(ImageError) -> TrustVerdict? {
        try trustRecord(of: manifest)?.verdict
    }

    /// For how long this node has known a manifest, from now on if it did not; nil if a user said that it is old
    /// enough, or does so now with `waiving`.
    public func age(
        of manifest: Digest,
        waiving: Bool = false,
        now: Int64 = TrustPolicy.now()
    ) throws(ImageError) -> Duration? {
        let before = try trustRecord(of: manifest)
        let record = TrustRecord(before, waivingAge: waiving, now: now)
        if record != before { try keep(record, of: manifest) }
        return record.isAgeWaived ? nil : .nanoseconds(max(0, now - record.firstSeen))
    }

    /// What is remembered of a manifest; nil if it is nothing that can be read.
    func trustRecord(of manifest: Digest) throws(ImageError) -> TrustRecord? {
        let name = name(manifest)
        let bytes: [UInt8]?
        do throws(LinuxError) {
            bytes = try trustFolder().open(name, O_RDONLY | O_NOFOLLOW, resolve: [.beneath, .noSymlinks])
                .readAll(limit: TrustRecord.maximumBytes)
        } catch {
            guard error.errno == ENOENT || error.errno == EFBIG else {
                throw ImageError("read trust record", "\(manifest)", .system(error))
            }
            bytes = nil
        }
        return bytes.flatMap { try? TrustRecord($0, subject: "\(manifest)") }
    }

    /// Replaces what is remembered of a manifest: after a crash either the old or the new record is there, whole.
    func keep(_ record: TrustRecord, of manifest: Digest) throws(ImageError) {
        let bytes = try record.encoded("\(manifest)")
        let final = name(manifest)
        try attempt("keep trust record", "\(manifest)") { () throws(LinuxError) in
            let folder = try trustFolder()
            if try folder.status(final) == nil { try makeRoom(in: folder) }
            let scratch = RawPath.scratchName()
            let file = try folder.open(
                scratch,
                O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW,
                mode: 0o600,
                resolve: [.beneath, .noSymlinks]
            )
            do throws(LinuxError) {
                try file.write(bytes)
                try file.synchronize()
                try folder.rename(scratch, to: final, in: folder)
            } catch {
                try? folder.unlink(scratch)  // the first failure is told
                throw error
            }
            try folder.synchronize()
        }
    }

    /// Removes records that processes which are no more had begun to write.
    func sweepTrust() throws(ImageError) {
        try attempt("clean", "trust records") { () throws(LinuxError) in
            let folder = try trustFolder()
            for name in try folder.entries() {
                let parts = name.description.split(separator: "-")
                guard parts.count == 3, parts[0] == ".tmp", let pid = Int32(parts[1]) else { continue }
                if kill(pid, 0) < 0, errno == ESRCH { try folder.unlink(name) }
            }
        }
    }

    /// Of manifests that are here no more remembers the first sight alone.
    ///
    /// The caller holds the lock.
    func slimTrust() throws(ImageError) {
        let present = Set(try content.digests())
        let names = try attempt("clean", "trust records") { () throws(LinuxError) in
            try trustFolder().entries()
        }
        for digest in names.compactMap({ try? Digest(hex: $0.description) }) where !present.contains(digest) {
            guard let record = try trustRecord(of: digest), record != record.sight else { continue }
            try keep(record.sight, of: digest)
        }
    }

    /// Removes the oldest records of manifests that are not here, if there are too many.
    private func makeRoom(in folder: Descriptor) throws(LinuxError) {
        let names = try folder.entries()
        guard names.count >= Self.maximumRecords else { return }
        var gone: [(name: RawPath, modified: Int64)] = []
        for name in names {
            let digest = try? Digest(hex: name.description)
            if let digest, (try? content.open(digest)) != nil { continue }
            gone.append((name, try folder.status(name)?.modified ?? 0))
        }
        for item in gone.sorted(by: { $0.modified < $1.modified }).prefix(names.count / 4) {
            try folder.unlink(item.name)
        }
    }

    private func trustFolder() throws(LinuxError) -> Descriptor {
        do throws(LinuxError) {
            try root.makeDirectory("trust", mode: 0o700)
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
        return try root.open(
            "trust",
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
            resolve: [.beneath, .noSymlinks]
        )
    }

    private func name(_ manifest: Digest) -> RawPath { RawPath(manifest.hex) ?? "" }
}
