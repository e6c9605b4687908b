// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Lazy
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
        /// What comes while it is read; nil if all files are here.
        let served: VolumeFolder.Mark?
        /// Why files came before the start, though they need not have; nil if that is not so.
        let obstacle: String?
    }

    /// So many records of our own may follow the mark: one that was committed when the agent was killed, and fences.
    private static let mostFollowers: UInt64 = 256
    /// A node that is away for longer may find that what it had not read is gone.
    private static let pinTime = Duration.seconds(14 * 86_400)

    private let executor = BlockingExecutor("martlet.volume")
    /// A queue of its own: every method may block.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let scope = TransferScope()
    private nonisolated let restored = Mutex<(done: Int, all: Int)?>(nil)
    private let store: String
    private let log: CommitLog
    private let owner: CommitRecord.Owner
    private let folder: VolumeFolder
    private var volume: StoredVolume?
    /// The version below what is written here; nil if all files are in the directory.
    private var lower: OverlayTree?
    /// What the files go on from.
    private var mark: VolumeFolder.Mark?
    private var pinnedAt: ContinuousClock.Instant?
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
    /// - Parameters:
    ///   - isUsed: Whether containers have the files open: they are never replaced then.
    ///   - terms: How files may come.
    /// - Returns: The fence, and what became of the files.
    /// - Throws: `fenced` if somebody else writes it, or has, and files that are used do not go on from that.
    func acquire(isUsed: Bool, on terms: RestoreTerms) throws -> Acquired {
        let mark = folder.mark(of: store)
        let own = [owner.id] + (isUsed ? [mark?.owner].compactMap(\.self) : [])
        if isUsed, let tail = try log.tail(in: scope), tail.root != nil,
            try !goesOn(mark, to: tail.sequence, of: own)
        {
            throw overtaken(by: tail.owner.node)
        }
        let volume = try StoredVolume(log, for: owner, time: UInt64(Timestamp.now()), in: scope)
        var head = volume.head
        let heartbeat = try Heartbeat(of: head.epoch, in: log)
        let last = head.sequence - 1
        var isRestored = try head.root != nil && !goesOn(mark, to: last, of: own)
        var aside: String?
        if !isRestored, let mark, let served = mark.served {
            let record = try log.record(served, in: scope)
            lower = try OverlayTree(record, from: log.store, ids: IdentityMap(place: mark.place), in: scope)
            if !isUsed, !terms.fits(mark) {
                // With the ids that it is told with nobody can use it any more: all of it is stored first.
                if let upper = try folder.upper() { _ = try commit(upper, in: volume, nil, releasing: false) }
                head = volume.head
                isRestored = true
            } else {
                try pin(record, mark.pin)
            }
        }
        if isRestored {
            guard !isUsed else { throw overtaken(by: "another node") }
            aside = try restore(volume, on: terms)
        } else {
            try save(head, after: mark)
        }
        let obstacle = terms.obstacle(volume.guarantee)
        self.volume = volume
        self.heartbeat = heartbeat
        return Acquired(
            head: head,
            isRestored: isRestored,
            aside: aside,
            served: lower == nil ? nil : self.mark,
            obstacle: isRestored && lower == nil ? obstacle : nil
        )
    }

    /// Has the files of the last version here, or what they are read by, in the place of what is here.
    private func restore(_ volume: StoredVolume, on terms: RestoreTerms) throws -> String? {
        let head = volume.head
        var now = VolumeFolder.Mark(store: store, owner: owner.id, sequence: head.sequence)
        if folder.isServed { try LazyVolume(folder.path).end() }
        lower = nil
        let place = terms.place(volume.guarantee)
        if let place {
            (now.served, now.place, now.pin) = (
                head.sequence, place, (0..<16).map { _ in .random(in: 0...255) }
            )
            try pin(head, now.pin)
        }
        let aside = try folder.replace(now) { root in
            guard place == nil else { return }
            try StoredVolume.restore(head, from: log.store, into: root, in: scope) { done, all in
                restored.withLock { $0 = (done, all) }
            }
        }
        restored.withLock { $0 = nil }
        if let place { lower = volume.lower(ids: IdentityMap(place: place)) }
        mark = now
        return aside
    }

    /// Notes what the files go on from, now that there is one more record.
    private func save(_ record: CommitRecord, after old: VolumeFolder.Mark?, isSettled: Bool? = nil) throws {
        var now = VolumeFolder.Mark(store: store, owner: owner.id, sequence: record.sequence)
        now.isSettled = isSettled
        if lower != nil { (now.served, now.place, now.pin) = (old?.served, old?.place, old?.pin) }
        try folder.save(now)
        mark = now
    }

    /// What a version has stays in the store for as long as files come from it.
    private func pin(_ record: CommitRecord, _ name: [UInt8]?) throws {
        guard let name else { return }
        let until = UInt64(Timestamp.now()) + UInt64(Self.pinTime / .nanoseconds(1))
        _ = try ReadPin(record, of: log, until: until, nonce: name, in: scope)
        pinnedAt = .now
    }

    private func renewPin() throws {
        guard let pinnedAt, .now - pinnedAt > Self.pinTime / 8, let mark, let served = mark.served else {
            return
        }
        try pin(log.record(served, in: scope), mark.pin)
    }

    /// What has to be read for a commit: the directory, or what was written over the version below.
    private func written() throws -> Descriptor? { try lower == nil ? folder.data() : folder.upper() }

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
        try renewPin()
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
        guard let volume, let root = try written(),
            try volume.readAhead(root, over: lower, in: scope)
        else { return nil }
        return volume.dirtyBytes
    }

    /// Commits what is here; nil if nothing changed.
    func commit(_ cut: FrozenGroups?, releasing: Bool) throws -> CommitRecord? {
        guard let volume, let root = try written() else { return nil }
        defer { leaving.withLock { $0 = volume.mayBeReleased } }
        guard let record = try commit(root, in: volume, cut, releasing: releasing) else { return nil }
        if releasing { try root.synchronizeFileSystem() }
        try save(record, after: mark, isSettled: releasing ? true : nil)
        if releasing { heartbeat?.stop() }
        return record
    }

    private func commit(_ root: Descriptor, in volume: StoredVolume, _ cut: FrozenGroups?, releasing: Bool)
        throws -> CommitRecord?
    {
        try volume.commit(
            root,
            isCut: true,
            cut: cut,
            over: lower,
            releasing: releasing,
            time: UInt64(Timestamp.now()),
            in: scope
        )
    }

    /// Keeps what is here and was not committed beside the volume, once somebody else has that; it goes on when this
    /// holding is called off.
    ///
    /// - Parameter isCut: Whether nobody writes any more.
    /// - Returns: The name of the branch; nil if nothing is missing.
    /// - Throws: What kept it from the store; the same may be asked for again.
    func branch(isCut: Bool) throws -> String? {
        heartbeat?.stop()
        let now = UInt64(Timestamp.now()), scope = TransferScope()
        if let volume {
            guard let root = try written() else { return nil }
            return try volume.branch(root, over: lower, isCut: isCut, time: now, in: scope)?.volume
        }
        guard let mark = folder.mark(of: store) else { return nil }
        var lower: OverlayTree?
        if let served = mark.served {
            let record = try log.record(served, in: scope), ids = IdentityMap(place: mark.place)
            lower = try OverlayTree(record, from: log.store, ids: ids, in: scope)
        }
        guard let root = try lower == nil ? folder.data() : folder.upper() else { return nil }
        let last = try log.record(mark.sequence, in: scope)
        return try StoredVolume.branch(root, over: lower, from: last, of: log, time: now, in: scope)?.volume
    }
}
