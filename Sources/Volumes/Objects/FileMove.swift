// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Linux
internal import Objects
internal import Transfer

/// Moves single files between a folder and its objects, several at once.
struct FileMove: Sendable {
    /// A file as it was read.
    struct Read: Sendable {
        /// What it is known by; nil if it changes, or may have.
        let mark: FileMark?
        let hash: ContentName
        let size: Int64
    }

    /// A file that has changed while it was read is read so often.
    private static let attempts = 3
    /// A larger one goes from the disk to the wire.
    private static let inMemory: Int64 = 1 << 20
    /// A larger one is not created, but put: it would go in parts, and no store was seen to hold a condition for these.
    private static let created: Int64 = 16 << 20

    let root: Descriptor
    let place: ObjectPlace
    let store: any ObjectStore
    let scope: TransferScope
    /// Whoever has more in memory than others waits for the one before.
    private let turn = Monitor(())

    init(root: Descriptor, place: ObjectPlace, store: any ObjectStore, scope: TransferScope) {
        (self.root, self.place, self.store, self.scope) = (root, place, store, scope)
    }

    // MARK: From the folder

    /// What a file holds; nil if it is none any more.
    func read(_ path: TreePath) throws -> Read? {
        guard let file = try open(path) else { return nil }
        let began = TreeScan.now, isTraceable = (try? file.beginWriteOut()) != nil
        return try read(file, since: began, isTraceable: isTraceable)
    }

    private func read(_ file: Descriptor, since began: Int64, isTraceable: Bool) throws -> Read {
        let before = FileMark(try file.status())
        let hash = try hash(file), after = FileMark(try file.status())
        let isKnown = isTraceable && before == after && before.isSettled(at: began)
        return Read(mark: isKnown ? before : nil, hash: hash, size: after.size)
    }

    /// What became of a file that was to be an object.
    enum Put: Sendable {
        /// It is none any more.
        case gone
        /// What it held, and what the store calls that, if it says so.
        case made(Read, EntityTag?)
        /// Somebody made one of its name.
        case present
    }

    /// Makes an object of a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isNew: Whether it may only be made where there is none: as far as the store can see to that, with its size.
    /// - Returns: What became of it.
    /// - Throws: What kept it from the store.
    func put(_ path: TreePath, isNew: Bool) throws -> Put {
        guard isNew, let size = try open(path)?.status().size,
            (Self.inMemory + 1...Self.created).contains(size)
        else { return try put(path, isNew, most: Self.inMemory) }
        return try turn.hold { _ in try put(path, true, most: Self.created) }
    }

    private func put(_ path: TreePath, _ isNew: Bool, most: Int64) throws -> Put {
        let key = try place.key(path)
        for attempt in 1... {
            guard let file = try open(path) else { return .gone }
            let began = TreeScan.now, isTraceable = (try? file.beginWriteOut()) != nil
            let before = FileMark(try file.status())
            let hash: ContentName, size: Int64, tag: EntityTag?
            if before.size <= most {
                let bytes: [UInt8]
                do throws(LinuxError) { bytes = try file.readAll(limit: Int(most) * 2) } catch {
                    // It grew meanwhile.
                    guard error.errno == EFBIG, attempt < Self.attempts else { throw error }
                    continue
                }
                // What was read is of no one instant: once more.
                if FileMark(try file.status()) != before, attempt < Self.attempts { continue }
                (hash, size) = (try ContentName(of: bytes), Int64(bytes.count))
                if isNew {
                    guard case .made(let name) = try store.create(bytes, at: key, in: scope) else {
                        return .present
                    }
                    tag = name
                } else {
                    tag = try store.put(bytes, at: key, in: scope)
                }
            } else {
                (hash, size) = (try self.hash(file), before.size)
                do throws(ObjectError) { tag = try store.upload(file, at: key, in: scope) } catch {
                    guard FileMark(try file.status()) != before else { throw error }
                    guard attempt < Self.attempts else {
                        let reason = "changes while it is sent: keep it in a volume with 'mode: snapshot'"
                        throw VolumeError("send", path.description, .refused(reason))
                    }
                    continue
                }
            }
            let isSame = try FileMark(file.status()) == before
            let isKnown = isTraceable && isSame && before.isSettled(at: began)
            return .made(Read(mark: isKnown ? before : nil, hash: hash, size: size), tag)
        }
        return .gone
    }

    /// A plain file, never another one's; nil if there is none.
    private func open(_ path: TreePath) throws(LinuxError) -> Descriptor? {
        guard let path = RawPath(bytes: path.bytes) else { return nil }
        do throws(LinuxError) {
            let file = try root.open(
                path,
                O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
                resolve: [.beneath, .noSymlinks, .noCrossing]
            )
            return try file.status().kind == .file ? file : nil
        } catch {
            guard [ENOENT, ENOTDIR, ELOOP, EXDEV, ENXIO].contains(error.errno) else { throw error }
            return nil
        }
    }

    private func hash(_ file: Descriptor) throws -> ContentName {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var hash = RunningHash(.sha256), place: Int64 = 0
        while true {
            if scope.isCancelled { throw VolumeError("read", self.place.prefix, .cancelled) }
            let count = try file.read(into: buffer, at: place)
            guard count > 0 else { break }
            hash.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            place += Int64(count)
        }
        let bytes = hash.finish()
        guard bytes.count == ContentName.size else { throw FormatFlaw("libcrypto gives no SHA-256") }
        return bytes.withUnsafeBytes { ContentName(bytes: $0, at: 0) }
    }

    // MARK: Into the folder

    /// Brings an object into a directory beside the folder, under a name there.
    func get(_ path: TreePath, _ listed: ObjectStatus, as name: RawPath, in beside: Descriptor) throws
        -> (read: Read, status: ObjectStatus)
    {
        let file = try beside.open(
            name,
            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW,
            mode: 0o600,
            resolve: .beneath
        )
        // There is nothing to ask for of an empty one.
        let status =
            listed.size == 0 ? listed : try store.download(place.key(path), to: file, in: scope)
        if status.modified > 0 { try file.changeTime(seconds: status.modified, nanoseconds: 0) }
        return (try read(file, since: TreeScan.now, isTraceable: true), status)
    }

    /// Puts what was brought in the place of a file, if that is still what it was; false if not.
    ///
    /// It belongs to whom the file before belonged to, or the folder that it is put into.
    func install(_ name: RawPath, of beside: Descriptor, at path: TreePath, over before: FileMark?) throws
        -> Bool
    {
        guard let (way, last) = path.parted else { return false }
        let folder = try self.folder(way), there = try folder.status(last)
        if let there, there.kind != .file {
            throw LinuxError("rename", path.description, errno: there.kind == .directory ? EISDIR : EEXIST)
        }
        guard there.map({ FileMark($0) }) == before else { return false }
        let owner = try there ?? folder.status()
        try beside.changeOwner(name, uid: owner.uid, gid: owner.gid)
        let file = try beside.open(name, O_RDONLY | O_NOFOLLOW, resolve: .beneath)
        try file.changeMode(there.map { $0.mode } ?? 0o644)
        try beside.rename(name, to: last, in: folder, replacing: before != nil)
        return true
    }

    /// A folder below the root.
    private func folder(_ path: TreePath) throws(LinuxError) -> Descriptor {
        guard path != .root, let path = RawPath(bytes: path.bytes) else { return root }
        return try root.open(
            path,
            O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
            resolve: [.beneath, .noSymlinks, .noCrossing]
        )
    }

    /// Makes the folders on the way to a file, one at a time; they belong to whom the folder above them belongs to.
    func makeFolders(to path: TreePath) throws {
        var current = root
        for name in path.names.dropLast() {
            guard let name = RawPath(bytes: name) else { throw FormatFlaw("its path has a NUL") }
            if try current.status(name) == nil {
                try current.makeDirectory(name, mode: 0o755)
                let owner = try current.status()
                try current.changeOwner(name, uid: owner.uid, gid: owner.gid)
            }
            current = try current.open(
                name,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                resolve: [.beneath, .noSymlinks, .noCrossing]
            )
        }
    }

    /// Takes a file away, if it is still what it was.
    func remove(_ path: TreePath, known: FileMark) throws {
        guard let (way, last) = path.parted else { return }
        let folder = try self.folder(way)
        guard try folder.status(last).map({ FileMark($0) }) == known else { return }
        try folder.unlink(last)
    }
}
