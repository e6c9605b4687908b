// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Objects
internal import Transfer
internal import Volumes

/// All that a store has of one volume, whoever writes it now; every call blocks.
struct VolumeArchive: Sendable {
    /// Nobody reads one version for longer.
    private static let pinTime: UInt64 = 24 * 3_600 * 1_000_000_000

    /// The store, as `node.yaml` calls it.
    let store: String
    let log: CommitLog
    /// Ends what is under way.
    let scope = TransferScope()

    /// Asks the store what it is good for.
    init(_ name: VolumeName, in objects: any ObjectStore, called store: String) throws {
        let promises: StorePromises
        do throws(ObjectError) { promises = try objects.promises(in: scope) } catch {
            throw VolumeError("ask", store, .store(error))
        }
        self.store = store
        log = CommitLog(
            try LogPlace(app: name.app, volume: name.name),
            in: objects,
            guarantee: VolumeGuarantee(promises)
        )
    }

    /// Only where creations are atomic are there labels, clones, removals and sweeps.
    func requireFence(_ operation: String) throws(VolumeError) {
        guard log.guarantee != .fenced else { return }
        let reason = "store \(store) creates nothing atomically: that cannot be done in it"
        throw VolumeError(operation, log.place.volume, .refused(reason))
    }

    /// The log that the volume is gone on with; nil if there is no such volume in the store.
    func main() throws(VolumeError) -> CommitLog? { try log.main(in: scope) }

    /// The log of a branch, or of the volume.
    func log(of branch: String?) throws(VolumeError) -> CommitLog {
        guard let branch else {
            guard let main = try main(), try Self.isThere(main, in: scope) else {
                throw missing("store \(store) has no such volume")
            }
            return main
        }
        let prefix = log.place.volume + "@"
        let name = branch.hasPrefix(prefix) ? String(branch.dropFirst(prefix.count)) : branch
        let found = CommitLog(try log.place.branch(name), in: log.store)
        guard try Self.isThere(found, in: scope) else { throw missing("it has no branch \(name)") }
        return found
    }

    private static func isThere(_ log: CommitLog, in scope: TransferScope) throws(VolumeError) -> Bool {
        try log.tail(in: scope).map { !$0.isRemoval } ?? false
    }

    /// A version that has files.
    func find(_ choice: VersionChoice) throws(VolumeError) -> (log: CommitLog, record: CommitRecord) {
        let log = try log(of: choice.branch)
        var record: CommitRecord?
        if let version = choice.version {
            record = try log.find(version, in: scope)
            if record == nil { throw missing("it has no version \(version)") }
        } else if let label = choice.label {
            guard let snapshot = try log.snapshots(in: scope).first(where: { $0.name == label }) else {
                throw missing("no version is called \(label)")
            }
            record = try log.record(snapshot.sequence, in: scope)
        } else if let time = choice.time {
            record = try log.record(at: time, in: scope)
        } else {
            record = try log.tail(in: scope)
        }
        guard let record, record.root != nil else {
            let version = record.map { "version \($0.sequence)" } ?? "the volume"
            throw missing("\(version) has no files")
        }
        return (log, record)
    }

    /// Keeps a version until it is let go, for a day at most.
    func pin(_ record: CommitRecord, of log: CommitLog) throws(VolumeError) -> ReadPin {
        let until = UInt64(Timestamp.now()) + Self.pinTime
        return try ReadPin(record, of: log, until: until, nonce: VolumeOwner.random(), in: scope)
    }

    /// One that cannot be let go ends by itself.
    func unpin(_ pin: ReadPin) { try? pin.release(in: log.store, TransferScope()) }  // as it says

    private func missing(_ reason: String) -> VolumeError {
        VolumeError("find", log.place.volume, .refused("\(reason): see `martlet volume snapshots`"))
    }

    /// Begins another volume with a version of this one.
    func clone(
        _ record: CommitRecord,
        of log: CommitLog,
        to name: VolumeName,
        by owner: CommitRecord.Owner
    ) throws(VolumeError) -> VolumeVersion {
        let clone = CommitLog(try LogPlace(app: name.app, volume: name.name), in: log.store)
        let first = try clone.clone(
            record,
            of: log.place,
            by: owner,
            time: UInt64(Timestamp.now()),
            nonce: VolumeOwner.random(),
            in: scope
        )
        return Self.told(first, nil)
    }

    /// Ends a log: all of its versions are given up at the next sweep.
    func remove(_ log: CommitLog, by owner: CommitRecord.Owner) throws(VolumeError) {
        try log.remove(
            by: owner,
            time: UInt64(Timestamp.now()),
            nonces: (acquiring: VolumeOwner.random(), removing: VolumeOwner.random()),
            in: scope
        )
    }

    // MARK: What there is

    /// The last versions of the volume and of what is beside it, the newest first, and all that have a label.
    func versions(last count: Int) throws(VolumeError) -> [VolumeVersion] {
        var found: [VolumeVersion] = []
        if log.guarantee == .fenced { found += try versions(of: log, nil, last: count) }
        for place in try VolumeCatalog(log.store).branches(of: log.place, in: scope) {
            let branch = String(place.volume.dropFirst(log.place.volume.count + 1))
            found += try versions(of: CommitLog(place, in: log.store), branch, last: count)
        }
        return found
    }

    private func versions(of log: CommitLog, _ branch: String?, last count: Int) throws(VolumeError)
        -> [VolumeVersion]
    {
        let all = try log.versions(last: count, in: scope)
        let begin = all.last(where: \.isRemoval)?.sequence ?? 0
        // Fences have the files of the versions before them, and no place in the list.
        var records = all.filter { $0.isVersion && $0.sequence > begin }
        let labels = Dictionary(grouping: try log.snapshots(in: scope), by: \.sequence)
        let shown = Set(records.map(\.sequence))
        for sequence in labels.keys where !shown.contains(sequence) {
            if let record = try log.find(sequence, in: scope) { records.append(record) }
        }
        let gone = try log.givenUp(in: scope)
        return records.sorted { $0.sequence > $1.sequence }.map { record in
            var version = Self.told(record, branch)
            version.labels = labels[record.sequence]?.map(\.name) ?? []
            if gone.contains(record.sequence) { (version.isGivenUp, version.reason) = (true, "given up") }
            return version
        }
    }

    private static func told(_ record: CommitRecord, _ branch: String?) -> VolumeVersion {
        var version = VolumeVersion(
            branch: branch,
            version: record.sequence,
            time: Timestamp.text(Int64(clamping: record.time)),
            node: record.owner.node,
            entries: record.statistics.entries,
            bytes: record.statistics.bytes,
            storedBytes: record.statistics.stored
        )
        version.isFuzzy = record.flags.contains(.fuzzy)
        if let origin = record.origin {
            version.reason = "stands on version \(origin.sequence) of \(origin.volume)"
        } else if record.flags.contains(.released) {
            version.reason = "given back"
        }
        return version
    }

    /// Reads everything that versions of the volume and of its branches have, and says what is not as it was stored.
    func check(_ name: VolumeName) throws(VolumeError) -> VolumeCheck {
        var verification = Verification(), count = 0
        let main = try log(of: nil)
        try check(main, &verification, &count)
        for place in try VolumeCatalog(log.store).branches(of: log.place, in: scope) where place != main.place
        {
            try check(CommitLog(place, in: log.store), &verification, &count)
        }
        return VolumeCheck(
            app: name.app,
            name: name.name,
            store: store,
            versions: count,
            chunks: verification.chunks,
            bytes: verification.bytes,
            damaged: verification.damaged,
            damages: verification.damages.map { VolumeCheck.Damage(pack: $0.pack, reason: $0.reason) },
            files: verification.files.sorted { $0.key < $1.key }.map {
                VolumeCheck.File(path: $0.key.description, version: $0.value)
            }
        )
    }

    /// Reads what the versions of one log have that were not given up, and whether each record follows the one before.
    private func check(_ log: CommitLog, _ verification: inout Verification, _ count: inout Int)
        throws(VolumeError)
    {
        let gone = try log.givenUp(in: scope), places = try log.places(in: scope)
        var records: [UInt64: CommitRecord] = [:]
        for sequence in places {
            // A sweep may have been faster.
            guard let record = try log.find(sequence, in: scope) else { continue }
            records[sequence] = record
            guard let before = records[sequence - 1] else { continue }
            do throws(FormatFlaw) {
                try record.check(after: before, named: ContentName(of: before.encoded()))
            } catch {
                verification.note("version \(sequence) of \(log.place.volume): \(error.description)")
            }
        }
        // Fences have the files of the versions before them.
        for sequence in places.reversed() where !gone.contains(sequence) {
            guard let record = records[sequence], record.root != nil,
                record.isVersion || sequence == places.last
            else { continue }
            do throws(VolumeError) {
                try verification.read(record, in: log.store, scope)
            } catch {
                guard error.isOfLoss else { throw error }
                if error.isOfAbsence, try log.isGivenUp(record, in: scope) { continue }
                verification.noteUnreadable(record, error)
            }
            count += 1
        }
    }
}
