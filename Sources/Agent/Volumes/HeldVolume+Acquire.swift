// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Synchronization
internal import Volumes

// How the right to write comes, and whether the files here go on from the last version.

extension HeldVolume {
    /// What an acquisition came to.
    struct Acquired: Sendable {
        let head: CommitRecord
        /// Its files were brought here from the store.
        let isRestored: Bool
        /// Where the files are now that were here before.
        let aside: String?
        /// Where in the store is what those had, and their store had not; nil if that was nothing.
        let branch: String?
        /// What the store is good for; nil for plain objects.
        let guarantee: VolumeGuarantee?
        /// What comes while it is read; nil if all files are here.
        let served: VolumeFolder.Mark?
        /// Why files came before the start, though they need not have; nil if that is not so.
        let obstacle: String?
    }

    /// So many records of our own may follow the mark: one that was committed when the agent was killed, and fences.
    private static let mostFollowers: UInt64 = 256

    /// Takes the right to write, and has the files here that the last version has.
    ///
    /// What is here already stays if it goes on from the end of the log.
    /// - Parameters:
    ///   - isUsed: Whether containers have the files open: they are never replaced then.
    ///   - terms: How files may come.
    /// - Returns: The fence, and what became of the files.
    /// - Throws: `fenced` if somebody else writes it, or has, and files that are used do not go on from that.
    func acquire(isUsed: Bool, on terms: RestoreTerms) throws -> Acquired {
        if let objects {
            defer { restored.withLock { $0 = nil } }
            return try objects.acquire(isUsed: isUsed, in: scope) { done, all in
                self.restored.withLock { $0 = (done, all) }
            }
        }
        try judgeStore()
        let mark = folder.mark(of: store)
        let own = [owner.id] + (isUsed ? [mark?.owner].compactMap(\.self) : [])
        if isUsed, let main = try log.main(in: scope), let tail = try main.tail(in: scope), tail.root != nil,
            try !goesOn(mark, to: tail.sequence, in: main, of: own)
        {
            throw overtaken(by: tail.owner.node)
        }
        let volume = try StoredVolume(log, for: owner, time: UInt64(Timestamp.now()), in: scope)
        let fence = volume.head
        let heartbeat = try Heartbeat(of: fence.epoch, in: volume.log)
        var aside: String?, branch: String?
        var isRestored = try fence.root != nil && !goesOn(mark, to: fence, of: own)
        if isRestored {
            guard !isUsed else { throw overtaken(by: "another node") }
            if let mark, mark.isLeft == true { branch = try keep(mark) }
        } else if let mark, let served = mark.served {
            isRestored = try !goOn(over: served, mark, volume, isUsed: isUsed, terms)
        }
        if isRestored {
            aside = try bring(volume, on: terms)
        } else {
            self.mark = mark
            try save(self.mark(of: volume))
        }
        let obstacle = terms.obstacle(volume.guarantee)
        self.volume = volume
        self.heartbeat = heartbeat
        return Acquired(
            head: volume.head,
            isRestored: isRestored,
            aside: aside,
            branch: branch,
            guarantee: log.guarantee,
            served: lower == nil ? nil : self.mark,
            obstacle: isRestored && lower == nil ? obstacle : nil
        )
    }

    /// Has the files of the last version here, or, where the store has not all of it, those that are to be the next.
    private func bring(_ volume: StoredVolume, on terms: RestoreTerms) throws -> String? {
        do {
            if let flaw = volume.flaw { throw flaw }
            return try restore(volume, on: terms)
        } catch let error as VolumeError where error.isOfLoss {
            if let next = terms.next { return try replace(with: next, in: volume) }
            let remedy =
                "the last version cannot be brought back: \(error); see `martlet volume snapshots \(log.place.volume)`, and "
                + "take an earlier one with `martlet volume restore \(log.place.volume) --version N`"
            throw VolumeError("hold", log.place.volume, .damaged(remedy))
        }
    }

    /// Whether the files go on from the version that our fence stands on.
    private func goesOn(_ mark: VolumeFolder.Mark?, to fence: CommitRecord, of own: [[UInt8]]) throws -> Bool
    {
        guard log.guarantee == .forkPreserving else {
            return try goesOn(mark, to: fence.sequence - 1, in: log, of: own)
        }
        guard let origin = fence.origin else { return false }
        let line = CommitLog(try LogPlace(origin.volume), in: log.store, timing: log.timing)
        return try goesOn(mark, to: origin.sequence, in: line, of: own)
    }

    /// Whether all records behind the mark are ours, and so the files go on from the last of them.
    private func goesOn(
        _ mark: VolumeFolder.Mark?,
        to last: UInt64,
        in log: CommitLog,
        of own: [[UInt8]]
    ) throws -> Bool {
        // After a loss of power files lack what was written last, unless they were on the disk.
        guard let mark, own.contains(mark.owner) || mark.isSettled == true else { return false }
        guard mark.line ?? self.log.place.volume == log.place.volume else {
            return try standsOn(mark, last, in: log)
        }
        guard mark.sequence <= last, last - mark.sequence <= Self.mostFollowers else { return false }
        for sequence in mark.sequence...last {
            guard let writer = try log.find(sequence, in: scope)?.owner.id else { return false }
            guard sequence == mark.sequence ? writer == mark.owner : own.contains(writer) else {
                return false
            }
        }
        return true
    }

    /// Whether the mark is that of a line in which nothing is but its beginning, upon a version of another one.
    private func standsOn(_ mark: VolumeFolder.Mark, _ sequence: UInt64, in log: CommitLog) throws -> Bool {
        guard mark.sequence == 1, let name = mark.line else { return false }
        let line = CommitLog(try LogPlace(name), in: log.store, timing: log.timing)
        guard let first = try line.find(1, in: scope), first.owner.id == mark.owner else { return false }
        return first.origin?.volume == log.place.volume && first.origin?.sequence == sequence
    }

    func overtaken(by node: String) -> VolumeError {
        VolumeError("hold", log.place.volume, .fenced("\(node) writes it now"))
    }

    /// Finds out what the store is good for: without atomic creation the log is in lines.
    private func judgeStore() throws {
        let promises: StorePromises
        do throws(ObjectError) { promises = try log.store.promises(in: scope) } catch {
            throw VolumeError("hold", log.place.volume, .store(error))
        }
        log = CommitLog(
            log.place,
            in: log.store,
            timing: log.timing,
            guarantee: VolumeGuarantee(promises)
        )
    }
}
