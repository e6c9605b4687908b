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
    /// In a store without atomic creation others see a claim after this time, if not sooner.
    private static let settleTime = Duration.seconds(10)
    /// A node that is away for longer may find that what it had not read is gone.
    private static let pinTime = Duration.seconds(14 * 86_400)

    private let executor = BlockingExecutor("martlet.volume")
    /// A queue of its own: every method may block.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let scope = TransferScope()
    private nonisolated let restored = Mutex<(done: Int, all: Int)?>(nil)
    private let store: String
    /// What its store is good for is known from the acquisition on.
    private(set) var log: CommitLog
    private let owner: CommitRecord.Owner
    let folder: VolumeFolder
    /// What does it all where there is no log.
    let objects: HeldObjects?
    private(set) var volume: StoredVolume?
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
            timing: LeaseTiming(
                heartbeat: storage.lease / 3,
                patience: storage.lease,
                settle: min(storage.lease, Self.settleTime)
            )
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
            aside = try restore(volume, on: terms)
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

    /// Goes on with what was written over a version whose files come while they are read; false if the files are to be had
    /// anew, which the last version has all of.
    private func goOn(
        over served: UInt64,
        _ mark: VolumeFolder.Mark,
        _ volume: StoredVolume,
        isUsed: Bool,
        _ terms: RestoreTerms
    ) throws -> Bool {
        if !isUsed, mark.isSettled == true, mark.isLeft != true, try isGivenUp(served) { return false }
        let record = try log.record(served, in: scope)
        lower = try OverlayTree(record, from: log.store, ids: IdentityMap(place: mark.place), in: scope)
        guard !isUsed, !terms.isLazy || !terms.fits(mark) else {
            try pin(record, mark.pin)
            return true
        }
        // All are to be here, or nobody can use those ids any more: what was written is stored first.
        if let upper = try folder.upper() { _ = try commit(upper, in: volume, nil, releasing: false) }
        return false
    }

    /// Has the files of the last version here, or what they are read by, in the place of what is here.
    private func restore(_ volume: StoredVolume, on terms: RestoreTerms) throws -> String? {
        guard let place = terms.place(volume.guarantee) else {
            return try replace(with: volume.head, in: volume)
        }
        let head = volume.head
        try endServing()
        var now = mark(of: volume)
        (now.served, now.place, now.pin) = (
            head.sequence, place, (0..<16).map { _ in .random(in: 0...255) }
        )
        try pin(head, now.pin)
        let aside = try folder.replace(now) { _ in }
        lower = volume.lower(ids: IdentityMap(place: place))
        mark = now
        return aside
    }

    /// Whether a version is not kept any more: nobody renewed its pin for too long.
    private func isGivenUp(_ sequence: UInt64) throws -> Bool {
        guard let record = try log.find(sequence, in: scope) else { return true }
        return try log.isGivenUp(record, in: scope)
    }

    /// From here on all files are to be in the directory.
    private func endServing() throws {
        if folder.isServed { try LazyVolume(folder.path).end() }
        lower = nil
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
    func written() throws -> Descriptor? { try lower == nil ? folder.data() : folder.upper() }

    /// What was left here with a mark, and the version below it where that is not all.
    func left(_ mark: VolumeFolder.Mark, in scope: TransferScope) throws -> (
        root: Descriptor, lower: OverlayTree?
    )? {
        var lower: OverlayTree?
        if let served = mark.served {
            let record = try log.record(served, in: scope), ids = IdentityMap(place: mark.place)
            lower = try OverlayTree(record, from: log.store, ids: ids, in: scope)
        }
        return try (lower == nil ? folder.data() : folder.upper()).map { ($0, lower) }
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

    /// What the files go on from, once they are those of the last version.
    func mark(of volume: StoredVolume) -> VolumeFolder.Mark {
        var now = VolumeFolder.Mark(
            store: store,
            owner: owner.id,
            sequence: volume.head.sequence,
            line: volume.guarantee == .fenced ? nil : volume.log.place.volume
        )
        if lower != nil { (now.served, now.place, now.pin) = (mark?.served, mark?.place, mark?.pin) }
        return now
    }

    /// Notes what the files go on from.
    func save(_ mark: VolumeFolder.Mark) throws {
        try folder.save(mark)
        self.mark = mark
    }

    /// Puts the files of a version in the place of what is here.
    ///
    /// - Returns: Where what was here is now; nil if there was nothing.
    func replace(with record: CommitRecord, in volume: StoredVolume) throws -> String? {
        try endServing()
        let now = mark(of: volume)
        defer { restored.withLock { $0 = nil } }
        let aside = try folder.replace(now) { root in
            try StoredVolume.restore(record, from: log.store, into: root, in: scope) { done, all in
                restored.withLock { $0 = (done, all) }
            }
        }
        mark = now
        return aside
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
        if let objects { return try objects.readAhead(in: scope) }
        guard let volume, let root = try written(), try volume.readAhead(root, over: lower, in: scope)
        else { return nil }
        return volume.dirtyBytes
    }

    /// Bytes of all files, when they were looked at last.
    var size: UInt64 { volume?.size ?? 0 }

    /// Commits what is here; nil if nothing changed.
    func commit(_ cut: (any VolumeCut)?, releasing: Bool) throws -> CommitRecord? {
        if let objects { return try objects.commit(releasing: releasing, in: scope) }
        guard let volume, let root = try written() else { return nil }
        defer { leaving.withLock { $0 = volume.mayBeReleased } }
        guard let record = try commit(root, in: volume, cut, releasing: releasing) else { return nil }
        var now = mark(of: volume)
        if releasing {
            try root.synchronizeFileSystem()
            now.isSettled = true
        }
        try save(now)
        if releasing { heartbeat?.stop() }
        return record
    }

    private func commit(_ root: Descriptor, in volume: StoredVolume, _ cut: (any VolumeCut)?, releasing: Bool)
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

    /// No further sign of life follows.
    func stopBeating() { heartbeat?.stop() }

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
        let now = UInt64(Timestamp.now()), scope = TransferScope()
        if let volume {
            guard let root = try written() else { return nil }
            return try volume.branch(root, over: lower, isCut: isCut, time: now, in: scope)?.volume
        }
        guard let mark = folder.mark(of: store), let (root, lower) = try left(mark, in: scope) else {
            return nil
        }
        guard log.guarantee == .fenced else {
            let reason = "no branch is made in a store without atomic creation"
            throw VolumeError("branch", log.place.volume, .refused(reason))
        }
        let last = try log.record(mark.sequence, in: scope)
        return try StoredVolume.branch(root, over: lower, from: last, of: log, time: now, in: scope)?.volume
    }
}
