// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import Transfer
internal import Volumes

/// One holding of the node's own log in a store, from its acquisition to its end: asks the store, and blocks meanwhile.
///
/// It is a log as volumes have it, so two machines of one name are told apart by what tells two writers of a volume. Where
/// the store does not create atomically both may save side by side for a while; the one who finds out gives way.
actor StateLog {
    /// What is read back is not larger.
    static let maximumBytes: UInt64 = 1 << 30
    /// The last versions, and of each of the last days one: what was overwritten by mistake is still there.
    private static let retention = Retention(last: 10, hourly: 24, daily: 7)

    private let executor = BlockingExecutor("martlet.state")
    /// A queue of its own: every method may block.
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let scope = TransferScope()
    private let store: any ObjectStore
    private let place: LogPlace
    private let owner: CommitRecord.Owner
    private let folder: StateFolder
    private let timing: LeaseTiming
    private var volume: StoredVolume?
    /// What sweeps where no ledger can be kept.
    private var lines: LineSweep?
    private var heartbeat: Heartbeat?
    private var wasUnheard = false

    init(
        node: String,
        in store: any ObjectStore,
        _ folder: StateFolder,
        for owner: CommitRecord.Owner,
        timing: LeaseTiming = LeaseTiming()
    ) throws {
        self.store = store
        place = try LogPlace(node: node)
        self.owner = owner
        self.folder = folder
        self.timing = timing
    }

    /// Calls off whatever is under way, for good.
    nonisolated func callOff() { scope.cancel() }

    /// Whether that was done.
    nonisolated var isCalledOff: Bool { scope.isCancelled }

    /// Takes the right to write; the version that is there, which may be none.
    ///
    /// - Throws: `fenced` if another machine has it and lives.
    func acquire() throws -> CommitRecord {
        let guarantee = VolumeGuarantee(try store.promises(in: scope))
        let log = CommitLog(place, in: store, timing: timing, guarantee: guarantee)
        let volume = try StoredVolume(log, for: owner, time: UInt64(Timestamp.now()), in: scope)
        heartbeat = try Heartbeat(of: volume.head.epoch, in: volume.log)
        self.volume = volume
        lines = guarantee == .fenced ? nil : LineSweep(log)
        return volume.head
    }

    /// What the store is good for; nil until it was asked.
    var guarantee: VolumeGuarantee? { volume?.guarantee }

    /// Brings what was saved into a folder, which is made anew; false if there is nothing.
    func restore(into folder: String) throws -> Bool {
        guard let head = volume?.head, head.root != nil else { return false }
        try Folders.removeTree(folder)
        let root = try Descriptor.open(Folders.make(folder), O_DIRECTORY | O_RDONLY)
        try StoredVolume.restorePlain(head, from: store, into: root, limit: Self.maximumBytes, in: scope)
        return true
    }

    /// Saves what is to be; nil if it is there already: then no request was made.
    ///
    /// - Throws: `fenced` if another machine is this node now.
    func save(_ content: StateContent, releasing: Bool = false) throws -> CommitRecord? {
        guard let volume else { return nil }
        try folder.fill(content)
        let root = try Descriptor.open(folder.path, O_DIRECTORY | O_RDONLY)
        let record = try volume.commit(
            root,
            isCut: true,
            releasing: releasing,
            time: UInt64(Timestamp.now()),
            in: scope
        )
        if releasing { heartbeat?.stop() }
        return record
    }

    /// Asks whether another machine is this node now, where we may have been silent for too long.
    ///
    /// - Throws: `fenced` if so.
    func verify(hasStalled: Bool) throws {
        guard let volume else { return }
        let isUnheard = heartbeat?.lastFailure != nil
        let isDoubtful = hasStalled || wasUnheard
        // Until it was asked.
        wasUnheard = isDoubtful || isUnheard
        guard isDoubtful, !isUnheard else { return }
        let isOvertaken = try volume.isOvertaken(in: scope)
        wasUnheard = false
        guard isOvertaken else { return }
        throw VolumeError("hold", place.volume, .fenced("another machine writes it now"))
    }

    /// Gives up old versions, and deletes what no version in the store has.
    func sweep() throws {
        let now = UInt64(Timestamp.now())
        if let lines, let volume {
            _ = try lines.sweep(Self.retention, for: volume, now: now, in: scope)
        } else {
            _ = try Sweeper(store).sweep([place: Self.retention], now: now, in: scope)
        }
    }
}
