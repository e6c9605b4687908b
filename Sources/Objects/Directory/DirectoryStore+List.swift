// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Transfer

extension DirectoryStore {
    /// The objects whose keys begin with some text, in the order of the keys' bytes.
    ///
    /// What is no plain file, or has a name that is no key, is left out.
    public func list(
        _ prefix: String,
        after key: ObjectKey?,
        limit: Int,
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectPage {
        let call = DirectoryCall("list", prefix.isEmpty ? path : prefix, scope)
        let slash = UInt8(ascii: "/")
        var listing = DirectoryListing(
            root: try opened(call),
            prefix: Array(prefix.utf8),
            after: key?.bytes ?? [],
            limit: max(1, min(limit, 1_000)),
            call: call
        )
        let end = listing.prefix.lastIndex(of: slash)
        try listing.visit(end.map { Array(listing.prefix[..<$0]) } ?? [])
        return listing.page
    }
}

/// A way through the folders of a directory, up to a number of objects.
struct DirectoryListing {
    let root: Descriptor
    let prefix: [UInt8]
    let after: [UInt8]
    let limit: Int
    let call: DirectoryCall
    private var entries: [ObjectPage.Entry] = []

    init(root: Descriptor, prefix: [UInt8], after: [UInt8], limit: Int, call: DirectoryCall) {
        self.root = root
        self.prefix = prefix
        self.after = after
        self.limit = limit
        self.call = call
    }

    /// What was found; one object more than wanted was looked for, to know whether there is one.
    var page: ObjectPage {
        let wanted = Array(entries.prefix(limit))
        return ObjectPage(entries: wanted, next: entries.count > limit ? wanted.last?.key : nil)
    }

    /// Takes what is in a folder and below it; the root is the empty one.
    mutating func visit(_ folder: [UInt8]) throws(ObjectError) {
        try call.check()
        // One that is no key has no keys below it. So the way down has an end.
        let key = ObjectKey(bytes: folder)
        guard folder.isEmpty || key != nil, key?.parts.first.map(Array.init) != DirectoryDrafts.name.bytes
        else {
            return
        }
        for (place, status) in try candidates(in: folder) {
            guard entries.count <= limit else { return }
            if status.kind == .directory {
                try visit(Array(place.dropLast()))
            } else if let key = ObjectKey(bytes: place), after.lexicographicallyPrecedes(place) {
                entries.append(ObjectPage.Entry(key: key, status: ObjectStatus(status)))
            }
        }
    }

    /// What may be or have an object that is wanted, in the order of keys: a folder counts with the slash behind it.
    private func candidates(in folder: [UInt8]) throws(ObjectError) -> [(place: [UInt8], status: FileStatus)]
    {
        let start = folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]
        var found: [(place: [UInt8], status: FileStatus)] = []
        do throws(LinuxError) {
            let directory: Descriptor
            if let path = RawPath(bytes: folder), !folder.isEmpty {
                directory = try root.open(path, O_DIRECTORY | O_RDONLY, resolve: DirectoryStore.confined)
            } else {
                directory = root
            }
            for name in try directory.entries() {
                let place = start + name.bytes, below = place + [UInt8(ascii: "/")]
                guard place.starts(with: prefix),
                    after.lexicographicallyPrecedes(below) || after.starts(with: below)
                else { continue }
                switch try directory.status(name) {
                case let status? where status.kind == .directory: found.append((below, status))
                case let status? where status.kind == .file: found.append((place, status))
                default: continue
                }
            }
        } catch {
            // Gone meanwhile, or nothing that keys lead through.
            guard [ENOENT, ENOTDIR, ELOOP].contains(error.errno) else { throw call.error(error) }
        }
        return found.sorted { $0.place.lexicographicallyPrecedes($1.place) }
    }
}
