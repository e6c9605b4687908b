// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Objects
internal import Transfer
internal import Volumes

/// A volume whose files are objects for others, too, as `HeldVolume` has it: nobody is asked for it, and it is given back
/// to nobody.
///
/// What the folder and the store had in common last is kept beside the files (`objects`). It is believed as the mark is:
/// not after a loss of power, when files may lack what was written last.
final class HeldObjects {
    private static let stateName = "objects"
    private static let incomingName = "incoming"

    private let place: ObjectPlace
    /// What marks name: another prefix has other files.
    private let markName: String
    private let store: any ObjectStore
    private let folder: VolumeFolder
    private let owner: CommitRecord.Owner
    private var volume: ObjectVolume
    /// How often this node has sent something.
    private var sequence: UInt64 = 0

    init(
        _ name: VolumeName,
        _ storage: VolumeStorage,
        in store: any ObjectStore,
        _ folder: VolumeFolder,
        for owner: CommitRecord.Owner
    ) throws {
        let usual = try ObjectPlace(app: name.app, volume: name.name)
        place = try storage.prefix.map { prefix throws(VolumeError) in try ObjectPlace(prefix) } ?? usual
        markName = storage.place
        self.store = store
        self.folder = folder
        self.owner = owner
        volume = ObjectVolume(place, in: store)
    }

    /// Has the files here that the store has, and what was written here beside them.
    ///
    /// - Parameters:
    ///   - isUsed: Whether containers have the files open: what others did is not brought then.
    ///   - scope: Ends it early.
    ///   - told: Told how many files are here, and of how many.
    /// - Returns: What it goes on from, and what became of the files.
    /// - Throws: What kept them from here.
    func acquire(
        isUsed: Bool,
        in scope: TransferScope,
        told: @escaping @Sendable (_ done: Int, _ all: Int) -> Void
    ) throws -> HeldVolume.Acquired {
        let mark = folder.mark(of: markName)
        sequence = mark?.sequence ?? 0
        let isOurs = mark.map { $0.owner == owner.id || $0.isSettled == true || isUsed } ?? false
        let state = isOurs ? folder.kept(Self.stateName, limit: ObjectState.maximumBytes) : nil
        var known: ObjectState?
        // One that cannot be read is as one that was lost.
        if let state, try folder.data() != nil { known = try? ObjectState(state) }
        volume = ObjectVolume(place, in: store, knowing: known ?? ObjectState())
        let now = self.mark
        var aside: String?, isRestored = false
        if isUsed {
            try folder.save(now)
        } else if known != nil {
            try folder.save(now)
            _ = try fetch(in: scope, told: told)
        } else if try hasObjects(in: scope) {
            aside = try folder.replace(now, isSeeded: false) { [volume] root in
                let parent = try root.open("..", O_RDONLY | O_DIRECTORY, resolve: [])
                _ = try Self.withIncoming(in: parent) { incoming in
                    try volume.fetch(root, beside: incoming, in: scope, told: told)
                }
                try root.synchronizeFileSystem()
            }
            isRestored = true
            try keep()
        } else {
            try folder.save(now)
        }
        return HeldVolume.Acquired(
            head: record(ObjectVolume.Sent()),
            isRestored: isRestored,
            aside: aside,
            branch: nil,
            guarantee: nil,
            served: nil,
            obstacle: nil
        )
    }

    private func hasObjects(in scope: TransferScope) throws -> Bool {
        try !store.list("\(place.prefix)/", after: nil, limit: 1, in: scope).entries.isEmpty
    }

    /// Has here what others did to the objects: how many files came or went.
    func fetch(
        in scope: TransferScope,
        told: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws -> Int {
        guard let root = try folder.data() else { return 0 }
        let changes = try withIncoming { try volume.fetch(root, beside: $0, in: scope, told: told) }
        if changes > 0 { try root.synchronizeFileSystem() }
        try keep()
        return changes
    }

    /// Looks what changed since it was sent: how many bytes of files; nil if nothing did and nothing is left out.
    func readAhead(in scope: TransferScope) throws -> UInt64? {
        guard let root = try folder.data() else { return nil }
        let isChanged = try volume.readAhead(root, in: scope)
        return isChanged || volume.refusal != nil ? volume.dirtyBytes : nil
    }

    /// Sends what changed; nil if nothing did.
    ///
    /// What can be no object is told while the volume is used, and stays here when it is given back.
    func commit(releasing: Bool, in scope: TransferScope) throws -> CommitRecord? {
        guard let root = try folder.data() else { return nil }
        let sent = try withIncoming { try volume.send(root, beside: $0, in: scope) }
        if sent != nil { sequence += 1 }
        if sent != nil || releasing { try keep() }
        if releasing { try settle(root) } else if sent != nil { try folder.save(mark) }
        if !releasing, let refusal = volume.refusal { throw refusal }
        return sent.map(record)
    }

    /// Leaves what its store did not take as it is, on the disk; nothing is asked of the store.
    ///
    /// It is sent by whoever begins next on this node, also after a start of the machine.
    func leave() throws {
        guard let root = try folder.data() else { return }
        // Some of it may have come there before the rest did not.
        try keep()
        try settle(root)
    }

    /// What is here is on the disk, and is believed by whoever comes next.
    private func settle(_ root: Descriptor) throws {
        try root.synchronizeFileSystem()
        var mark = mark
        mark.isSettled = true
        try folder.save(mark)
    }

    private var mark: VolumeFolder.Mark {
        VolumeFolder.Mark(store: markName, owner: owner.id, sequence: sequence)
    }

    private func record(_ sent: ObjectVolume.Sent) -> CommitRecord {
        CommitRecord(
            sent,
            files: volume.files,
            at: sequence,
            by: owner,
            time: UInt64(clamping: Timestamp.now())
        )
    }

    private func keep() throws { try folder.keep(volume.state.encoded(), as: Self.stateName) }

    private func withIncoming<Result>(_ body: (Descriptor) throws -> Result) throws -> Result {
        try Self.withIncoming(in: folder.opened(), body)
    }

    /// A directory beside the files, where they are until they are whole; what a killed agent left in it goes.
    private static func withIncoming<Result>(
        in parent: Descriptor,
        _ body: (Descriptor) throws -> Result
    ) throws -> Result {
        let path = "/proc/self/fd/\(parent.number)/\(incomingName)"
        try Folders.removeTree(path)
        try check("mkdir", path, mkdir(path, 0o700))
        do {
            let result = try body(Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
            try Folders.removeTree(path)
            return result
        } catch {
            try? Folders.removeTree(path)  // the first failure is told
            throw error
        }
    }
}
