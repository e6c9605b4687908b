// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Objects
internal import Synchronization
internal import Transfer
internal import Volumes

/// One holding of a volume, from its acquisition to its end: what asks its store, and blocks meanwhile.
actor HeldVolume {
    /// What an acquisition came to.
    struct Acquired: Sendable {
        let head: CommitRecord
        /// Its files were brought here from the store.
        let isRestored: Bool
        /// Where the files are now that were here before.
        let aside: String?
    }

    /// So many records of our own may follow the mark: one that was committed when the agent was killed, and fences.
    private static let mostFollowers: UInt64 = 256

    private let executor = BlockingExecutor("martlet.volume")
    /// A queue of its own: every method may block.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let scope = TransferScope()
    private nonisolated let restored = Mutex<(done: Int, all: Int)?>(nil)
    private let store: String
    private let log: CommitLog
    private let owner: CommitRecord.Owner
    private let folder: VolumeFolder
    /// What does it all where there is no log.
    private let objects: HeldObjects?
    private var volume: StoredVolume?
    private var heartbeat: Heartbeat?
    private var wasUnheard = false
    private nonisolated let leaving = Mutex(false)

    init(
        _ name: VolumeName,
        _ storage: VolumeStorage,
        in store: any ObjectStore,
        _ folder: VolumeFolder,
        for owner: CommitRecord.Owner
    ) throws {
        self.store = storage.store
        log = CommitLog(
            try LogPlace(app: name.app, volume: name.name),
            in: store,
            timing: LeaseTiming(heartbeat: storage.lease / 3, patience: storage.lease)
        )
        self.owner = owner
        self.folder = folder
        objects =
            try storage.mode == .objects ? HeldObjects(name, storage, in: store, folder, for: owner) : nil
    }

    /// How many entries a restore has made, and of how many; nil while there is none.
    nonisolated var progress: (done: Int, all: Int)? { restored.withLock { $0 } }

    /// Whether the volume may have been given back already, and nobody heard.
    nonisolated var mayBeReleased: Bool { leaving.withLock { $0 } }

    /// Calls off whatever is under way, for good.
    nonisolated func callOff() { scope.cancel() }

    /// Whether that was done.
    nonisolated var isCalledOff: Bool { scope.isCancelled }

    /// Takes the right to write, and has the files here that the last version has.
    ///
    /// What is here already stays if it goes on from the end of the log.
    /// - Parameter isUsed: Whether containers have the files open: they are never replaced then.
    /// - Returns: The fence, and what became of the files.
    /// - Throws: `fenced` if somebody else writes it, or has, and files that are used do not go on from that.
    func acquire(isUsed: Bool) throws -> Acquired {
        if let objects {
            defer { restored.withLock { $0 = nil } }
            return try objects.acquire(isUsed: isUsed, in: scope) { done, all in
                self.restored.withLock { $0 = (done, all) }
            }
        }
        let mark = folder.mark(of: store)
        let own = [owner.id] + (isUsed ? [mark?.owner].compactMap(\.self) : [])
        if isUsed, let tail = try log.tail(in: scope), tail.root != nil,
            try !goesOn(mark, to: tail.sequence, of: own)
        {
            throw overtaken(by: tail.owner.node)
        }
        let volume = try StoredVolume(log, for: owner, time: UInt64(Timestamp.now()), in: scope)
        let head = volume.head
        let heartbeat = try Heartbeat(of: head.epoch, in: log)
        let now = VolumeFolder.Mark(store: store, owner: owner.id, sequence: head.sequence)
        var aside: String?
        let isRestored = try head.root != nil && !goesOn(mark, to: head.sequence - 1, of: own)
        if isRestored {
            guard !isUsed else { throw overtaken(by: "another node") }
            aside = try folder.replace(now) { root in
                try StoredVolume.restore(head, from: log.store, into: root, in: scope) { done, all in
                    restored.withLock { $0 = (done, all) }
                }
            }
            restored.withLock { $0 = nil }
        } else {
            try folder.save(now)
        }
        self.volume = volume
        self.heartbeat = heartbeat
        return Acquired(head: head, isRestored: isRestored, aside: aside)
    }

    /// Whether all records behind the mark are ours, and so the files go on from the last of them.
    private func goesOn(_ mark: VolumeFolder.Mark?, to last: UInt64, of own: [[UInt8]]) throws -> Bool {
        // After a loss of power files lack what was written last, unless they were on the disk.
        guard let mark, own.contains(mark.owner) || mark.isSettled == true, mark.sequence <= last,
            last - mark.sequence <= Self.mostFollowers
        else {
            return false
        }
        for sequence in mark.sequence...last {
            guard let writer = try writer(of: sequence) else { return false }
            guard sequence == mark.sequence ? writer == mark.owner : own.contains(writer) else {
                return false
            }
        }
        return true
    }

    /// Who made a record; nil if it is not kept any more.
    private func writer(of sequence: UInt64) throws -> [UInt8]? {
        do { return try log.record(sequence, in: scope).owner.id } catch {
            guard case .store(let cause) = error.cause, cause.cause == .absent else { throw error }
            return nil
        }
    }

    private func overtaken(by node: String) -> VolumeError {
        VolumeError("hold", log.place.volume, .fenced("\(node) writes it now"))
    }

    /// Asks whether somebody else writes it, where we may have been silent for too long.
    ///
    /// - Parameter hasStalled: Whether we were, for another reason than the store.
    /// - Throws: `fenced` if so.
    func verify(hasStalled: Bool) throws {
        guard let volume else { return }
        let isUnheard = heartbeat?.lastFailure != nil
        let isDoubtful = hasStalled || wasUnheard
        // Until it was asked.
        wasUnheard = isDoubtful || isUnheard
        guard hasStalled || isDoubtful && !isUnheard else { return }
        let tail = try log.tail(in: scope)
        wasUnheard = isUnheard
        guard let tail, tail.epoch > volume.head.epoch else { return }
        throw overtaken(by: tail.owner.node)
    }

    /// Reads what changed since the last commit: how many bytes of files; nil if nothing did.
    func readAhead() throws -> UInt64? {
        if let objects { return try objects.readAhead(in: scope) }
        guard let volume, let root = try folder.data(), try volume.readAhead(root, in: scope) else {
            return nil
        }
        return volume.dirtyBytes
    }

    /// Commits what is here; nil if nothing changed.
    func commit(_ cut: (any VolumeCut)?, releasing: Bool) throws -> CommitRecord? {
        if let objects { return try objects.commit(releasing: releasing, in: scope) }
        guard let volume, let root = try folder.data() else { return nil }
        defer { leaving.withLock { $0 = volume.mayBeReleased } }
        let record = try volume.commit(
            root,
            isCut: true,
            cut: cut,
            releasing: releasing,
            time: UInt64(Timestamp.now()),
            in: scope
        )
        guard let record else { return nil }
        var mark = VolumeFolder.Mark(store: store, owner: owner.id, sequence: record.sequence)
        if releasing {
            try root.synchronizeFileSystem()
            mark.isSettled = true
        }
        try folder.save(mark)
        if releasing { heartbeat?.stop() }
        return record
    }

    /// Has here what others did to the objects of the volume: how many files came or went; nil if it has none.
    func fetch() throws -> Int? { try objects?.fetch(in: scope) }

    /// Keeps what is here and was not committed beside the volume, once somebody else has that; it goes on when this
    /// holding is called off.
    ///
    /// - Parameter isCut: Whether nobody writes any more.
    /// - Returns: The name of the branch; nil if nothing is missing.
    /// - Throws: What kept it from the store; the same may be asked for again.
    func branch(isCut: Bool) throws -> String? {
        heartbeat?.stop()
        guard let root = try folder.data() else { return nil }
        let now = UInt64(Timestamp.now()), scope = TransferScope()
        if let volume { return try volume.branch(root, isCut: isCut, time: now, in: scope)?.volume }
        guard let mark = folder.mark(of: store) else { return nil }
        let last = try log.record(mark.sequence, in: scope)
        return try StoredVolume.branch(root, from: last, of: log, time: now, in: scope)?.volume
    }
}
