// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Transfer

/// The store that needs no server: a directory of this node, on a file system of its own disks.
///
/// An object is a plain file, and its key the path below the directory. No symbolic link below it is followed. The
/// folder `.martlet` in it is the store's own, for what is being written. The directory is looked for with each call,
/// so that it may be mounted later, and is never made: where a disk is missing there are no objects.
public struct DirectoryStore: ObjectStore {
    /// Folders that others remove and files that they replace are looked for so often.
    static let attempts = 100
    /// How long a file that is open for writing is left alone: a child of the writer has its files until it is another
    /// program.
    private static let pause = Duration.milliseconds(10)
    /// So much is read or written between two looks at the scope.
    static let stretch = 1 << 20

    /// The absolute path of the directory.
    public let path: String

    /// The store of a directory, which need not be there yet.
    public init(path: String) { self.path = path }

    /// What is at a key, or a part of it, whole as somebody made it.
    ///
    /// What somebody else is just writing in its place, without the store, is `unavailable`.
    public func get(
        _ key: ObjectKey,
        _ range: Range<Int64>?,
        limit: Int,
        unless known: EntityTag?,
        in scope: TransferScope
    ) throws(ObjectError) -> StoredObject? {
        let call = DirectoryCall("get", key.text, scope)
        let root = try opened(call, key)
        for _ in 0..<Self.attempts {
            let (file, status) = try plainFile(key, in: root, call)
            let object = ObjectStatus(status)
            if object.tag == known { return nil }
            let wanted = try part(range, of: status.size, limit, call)
            guard !file.isOpenForWriting() else {
                _ = scope.wait(for: Self.pause)
                try call.check()
                continue
            }
            let bytes = try read(wanted, of: file, call)
            let after = try call.attempt { () throws(LinuxError) in try file.status() }
            // One without a name was replaced, and is as it was.
            if bytes.count == wanted.count, after.links == 0 || ObjectStatus(after) == object {
                return StoredObject(status: object, bytes: bytes)
            }
        }
        throw call.error(.unavailable("somebody writes to it: rename files into the store"))
    }

    /// What is known of an object without its bytes; `absent` is thrown if there is none.
    public func head(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) -> ObjectStatus {
        let call = DirectoryCall("head", key.text, scope)
        return ObjectStatus(try plainFile(key, in: opened(call, key), call).1)
    }

    // MARK: The directory

    /// The directory, as it is now.
    func opened(_ call: DirectoryCall, _ key: ObjectKey? = nil) throws(ObjectError) -> Descriptor {
        try call.check()
        if let part = key?.parts.first, part.elementsEqual(DirectoryDrafts.name.bytes) {
            throw call.error(.refused("'\(DirectoryDrafts.name)' is the store's own: use another key"))
        }
        let root: Descriptor
        let status: FileStatus
        do throws(LinuxError) {
            root = try Descriptor.open(path, O_DIRECTORY | O_RDONLY)
            status = try root.status()
        } catch {
            switch error.errno {
            case ENOENT: throw call.error(.unavailable("\(path) does not exist: make it, or mount it"))
            case ENOTDIR: throw call.error(.refused("\(path) is not a directory: name one"))
            default: throw call.error(.system(error))
            }
        }
        guard status.uid == 0 || status.uid == geteuid(), status.mode & 0o022 == 0 else {
            throw call.error(
                .refused("others can write to \(path): give it to root and take their right with chmod go-w")
            )
        }
        return root
    }

    /// Nowhere else, and through no link.
    static let confined: Resolve = [.beneath, .noSymlinks]

    private func plainFile(_ key: ObjectKey, in root: Descriptor, _ call: DirectoryCall) throws(ObjectError)
        -> (Descriptor, FileStatus)
    {
        let file: Descriptor
        let status: FileStatus
        do throws(LinuxError) {
            guard let place = RawPath(bytes: key.bytes) else { throw LinuxError("open", "", errno: ENOENT) }
            file = try root.open(place, O_RDONLY | O_NONBLOCK | O_NOCTTY, resolve: Self.confined)
            status = try file.status()
        } catch {
            switch error.errno {
            case ENOENT, ENOTDIR: throw call.error(.absent)
            case ENXIO: throw call.error(.refused("is not a plain file: put one there"))  // a socket
            default: throw call.error(error)
            }
        }
        guard status.kind != .directory else { throw call.error(.absent) }
        guard status.kind == .file else { throw call.error(.refused("is not a plain file: put one there")) }
        return (file, status)
    }

    // MARK: Bytes

    private func part(_ range: Range<Int64>?, of size: Int64, _ limit: Int, _ call: DirectoryCall)
        throws(ObjectError) -> Range<Int64>
    {
        let all = 0..<size
        let wanted = range?.clamped(to: all) ?? all
        guard range == nil || !wanted.isEmpty else {
            throw call.error(.outside(size: size))
        }
        guard wanted.count <= limit else { throw call.error(.tooLarge(limit: limit)) }
        return wanted
    }

    private func read(_ range: Range<Int64>, of file: Descriptor, _ call: DirectoryCall) throws(ObjectError)
        -> [UInt8]
    {
        var failure: ObjectError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
            do throws(ObjectError) {
                while filled < range.count {
                    try call.check()
                    let end = min(filled + Self.stretch, range.count)
                    let space = UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<end]
                    )
                    let position = range.lowerBound + Int64(filled)
                    let count = try call.attempt { () throws(LinuxError) in
                        try file.read(into: space, at: position)
                    }
                    guard count > 0 else { return }
                    filled += count
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
