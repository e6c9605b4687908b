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
    /// In a store without atomic creation others see a claim after this time, if not sooner.
    private static let settleTime = Duration.seconds(10)
    private let executor = BlockingExecutor("martlet.volume")
    /// A queue of its own: every method may block.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let scope = TransferScope()
    nonisolated let restored = Mutex<(done: Int, all: Int)?>(nil)
    let store: String
    /// What its store is good for is known from the acquisition on.
    var log: CommitLog
    let owner: CommitRecord.Owner
    let folder: VolumeFolder
    /// What does it all where there is no log.
    let objects: HeldObjects?
    var volume: StoredVolume?
    /// The version below what is written here; nil if all files are in the directory.
    var lower: OverlayTree?
    /// What the files go on from.
    var mark: VolumeFolder.Mark?
    var pinnedAt: ContinuousClock.Instant?
    var heartbeat: Heartbeat?
    /// What it has read of lines.
    var lineSweep: LineSweep?
    private var wasUnheard = false
    /// Whether the file system of the folder shares content; nil until it was asked.
    private var sharesContent: Bool?
    /// How the files of the last version came to be of one instant; nil if nobody wrote to them.
    private(set) var lastCut: CutWay?
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
        let space = cut == nil ? nil : cloneSpace()
        let made = try commit(root, in: volume, cut, by: space, releasing: releasing)
        guard let record = made else { return nil }
        lastCut = cut.map { CutWay($0, by: space) }
        var now = mark(of: volume)
        if releasing {
            try root.synchronizeFileSystem()
            now.isSettled = true
        }
        try save(now)
        if releasing { heartbeat?.stop() }
        return record
    }

    /// Where files are cloned for a commit, beside what containers see; nil if the file system cannot.
    private func cloneSpace() -> CloneSpace? {
        guard let beside = try? folder.opened() else { return nil }
        sharesContent = sharesContent ?? CloneSpace.isPossible(in: beside)
        return sharesContent == true ? CloneSpace(beside) : nil
    }

    func commit(
        _ root: Descriptor,
        in volume: StoredVolume,
        _ cut: (any VolumeCut)?,
        by space: CloneSpace? = nil,
        releasing: Bool
    ) throws -> CommitRecord? {
        try volume.commit(
            root,
            isCut: true,
            cut: cut,
            by: space,
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
