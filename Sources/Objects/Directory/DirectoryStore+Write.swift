// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Transfer

// What is written is a file under another name until the disk has it; then it is renamed, and the disk has that.
extension DirectoryStore {
    /// Makes an object, in the place of what was there.
    @discardableResult
    public func put(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = DirectoryCall("put", key.text, scope)
        return try write(key, replacing: true, call) { draft throws(ObjectError) in
            try fill(draft, bytes, call)
        }?.tag
    }

    /// Makes an object of a file: one of the same file system shares its content where that can.
    @discardableResult
    public func upload(_ upload: FileUpload, at key: ObjectKey, in scope: TransferScope) throws(ObjectError)
        -> EntityTag?
    {
        let call = DirectoryCall("put", key.text, scope)
        let made = try write(key, replacing: true, call) { draft throws(ObjectError) in
            let isShared = try call.attempt { () throws(LinuxError) in try draft.share(upload.file) }
            var position: Int64 = 0
            let source = StoreCall("put", key.text, scope)
            try upload.file.each(of: 0..<(isShared ? 0 : upload.size), source) { bytes throws(ObjectError) in
                try call.attempt { () throws(LinuxError) in try draft.write(all: bytes, at: position) }
                position += Int64(bytes.count)
            }
            try upload.check(source)
        }
        upload.finish()
        return made?.tag
    }

    /// Makes an object where there is none; of many who try at once, one alone does.
    public func create(
        _ bytes: [UInt8],
        at key: ObjectKey,
        in scope: TransferScope
    ) throws(ObjectError) -> Creation {
        let call = DirectoryCall("create", key.text, scope)
        let made = try write(key, replacing: false, call) { draft throws(ObjectError) in
            try fill(draft, bytes, call)
        }
        return made.map { .made($0.tag) } ?? .present
    }

    /// Takes an object away, and the folders that it leaves empty; it may have gone before.
    public func delete(_ key: ObjectKey, in scope: TransferScope) throws(ObjectError) {
        let call = DirectoryCall("delete", key.text, scope)
        let root = try opened(call, key)
        let way: (folders: [Descriptor], names: [RawPath])
        do throws(LinuxError) {
            way = try path(of: key, in: root, making: false)
            try way.folders[way.folders.count - 1].unlink(way.names[way.names.count - 1])
            try way.folders[way.folders.count - 1].synchronize()
        } catch {
            guard [ENOENT, ENOTDIR, EISDIR].contains(error.errno) else { throw call.error(error) }
            return  // it is not there
        }
        for (folder, name) in zip(way.folders, way.names.dropLast()).reversed() {
            do throws(LinuxError) {
                try folder.removeDirectory(name)
                try folder.synchronize()
            } catch {
                // It is needed, or somebody else was faster.
                guard [ENOTEMPTY, EEXIST, EBUSY, ENOENT].contains(error.errno) else {
                    throw call.error(error)
                }
                return
            }
        }
    }

    /// The object that it made; nil if it was not to replace what is there.
    private func write(
        _ key: ObjectKey,
        replacing: Bool,
        _ call: DirectoryCall,
        _ fill: (Descriptor) throws(ObjectError) -> Void
    ) throws(ObjectError) -> ObjectStatus? {
        let root = try opened(call, key)
        let drafts = try call.attempt { () throws(LinuxError) in try DirectoryDrafts(in: root) }
        let draft = DirectoryDrafts.fresh()
        var isNamed = false
        // It goes, or the next writer that is alone removes it.
        defer { if !isNamed { try? drafts.folder.unlink(draft) } }
        try make(draft, in: drafts.folder, call, fill)
        // By its name it may be another one's as soon as it has it.
        let itself = try call.attempt { () throws(LinuxError) in try drafts.folder.open(itself: draft) }
        for _ in 0..<Self.attempts {
            try call.check()
            do throws(LinuxError) {
                let (folders, names) = try path(of: key, in: root, making: true)
                let last = folders[folders.count - 1], name = names[names.count - 1]
                isNamed = try take(draft, drafts.folder, as: name, in: last, replacing)
                // Whoever made a folder may not have come to this.
                for folder in folders.reversed() { try folder.synchronize() }
                return isNamed ? ObjectStatus(try itself.status()) : nil
            } catch {
                switch error.errno {
                case ENOENT: continue  // its folder was taken away, with the last object in it
                case ENOTDIR: throw call.error(.refused("another object's key is the beginning of this one"))
                case EISDIR, ENOTEMPTY, EEXIST:
                    throw call.error(.refused("other objects' keys begin with it"))
                case EINVAL where !replacing:
                    throw call.error(
                        .refused("the file system of \(self.path) cannot create: use another one")
                    )
                default: throw call.error(error)
                }
            }
        }
        throw call.error(.unavailable("its folder is taken away again and again"))
    }

    /// Makes a draft, and has it on the disk and closed.
    private func make(
        _ draft: RawPath,
        in folder: Descriptor,
        _ call: DirectoryCall,
        _ fill: (Descriptor) throws(ObjectError) -> Void
    ) throws(ObjectError) {
        let file = try call.attempt { () throws(LinuxError) in
            try folder.open(draft, O_CREAT | O_EXCL | O_WRONLY, mode: 0o600, resolve: Self.confined)
        }
        try fill(file)
        try call.attempt { () throws(LinuxError) in try file.synchronize() }
    }

    private func fill(_ file: Descriptor, _ bytes: [UInt8], _ call: DirectoryCall) throws(ObjectError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try call.check()
            try call.attempt { () throws(LinuxError) in try file.write(rest.prefix(Self.stretch)) }
            rest = rest.dropFirst(Self.stretch)
        }
    }

    /// Gives a draft its name; false if an object has it that is not to be replaced.
    private func take(
        _ draft: RawPath,
        _ drafts: Descriptor,
        as name: RawPath,
        in folder: Descriptor,
        _ replacing: Bool
    ) throws(LinuxError) -> Bool {
        do throws(LinuxError) {
            try drafts.rename(draft, to: name, in: folder, replacing: replacing)
            return true
        } catch {
            // It may have gone since.
            guard !replacing, error.errno == EEXIST, try folder.status(name)?.kind != .directory else {
                throw error
            }
            return false
        }
    }

    /// The folders on the way to an object, from the root on, and the name that leads on from each.
    private func path(of key: ObjectKey, in root: Descriptor, making: Bool) throws(LinuxError)
        -> (folders: [Descriptor], names: [RawPath])
    {
        var folders = [root]
        let names = key.parts.compactMap { RawPath(bytes: $0) }
        for name in names.dropLast() {
            let folder = folders[folders.count - 1]
            do throws(LinuxError) {
                folders.append(try folder.open(name, O_DIRECTORY | O_RDONLY, resolve: Self.confined))
            } catch {
                guard making, error.errno == ENOENT else { throw error }
                do throws(LinuxError) { try folder.makeDirectory(name, mode: 0o700) } catch {
                    guard error.errno == EEXIST else { throw error }
                }
                folders.append(try folder.open(name, O_DIRECTORY | O_RDONLY, resolve: Self.confined))
            }
        }
        return (folders, names)
    }
}
