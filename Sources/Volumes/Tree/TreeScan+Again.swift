// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension TreeScan {
    /// Reads a tree that was read a moment ago.
    ///
    /// Where the folders are as they were nothing is listed, and no file is read but those that changed: what it costs is
    /// a look at each, which is all that there is time for while containers stand still.
    static func run(_ root: Descriptor, after before: TreeScan, into chunks: inout ChunkWriter)
        throws(VolumeError) -> TreeScan
    {
        var scan = before
        do {
            if try scan.look(root, &chunks) { return scan }
        } catch let error as VolumeError {
            throw error
        } catch {}  // what went meanwhile is found by the whole reading
        return try run(root, known: before.seen, into: &chunks)
    }

    /// Looks at each entry again; false if there may be others.
    private mutating func look(_ root: Descriptor, _ chunks: inout ChunkWriter) throws -> Bool {
        began = Self.now
        isTorn = false
        readBytes = 0
        var way: [(length: Int, folder: Descriptor)] = []
        for index in entries.indices {
            let path = entries[index].path.bytes
            guard !path.isEmpty else {
                guard marks[index] == Mark(try root.status()) else { return false }
                way = [(0, root)]
                continue
            }
            let cut = path.lastIndex(of: UInt8(ascii: "/"))
            while let last = way.last, last.length != cut ?? 0 { way.removeLast() }
            guard let folder = way.last?.folder,
                let name = RawPath(bytes: path[(cut.map { $0 + 1 } ?? 0)...]),
                let status = try folder.status(name)
            else { return false }
            let isSame = marks[index] == Mark(status)
            switch entries[index].kind {
            case .directory:
                guard isSame else { return false }
                let below = try folder.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: .beneath)
                way.append((path.count, below))
            // The entry that has what it leads to is looked at itself.
            case .hardLink: continue
            case .file(let content) where !isSame && status.kind == .file:
                guard try readAgain(index, folder.open(itself: name), was: content, &chunks) else {
                    return false
                }
            default: guard isSame else { return false }
            }
        }
        return true
    }

    /// Reads one file anew in the place of what it was; false if it is something else by now.
    private mutating func readAgain(
        _ index: Int,
        _ file: Descriptor,
        was content: FileContent,
        _ chunks: inout ChunkWriter
    ) throws -> Bool {
        let path = entries[index].path, count = entries.count
        seen[path] = nil
        bytes -= UInt64(content.size)
        try read(file, path, &chunks)
        guard entries.count == count + 1 else { return false }
        entries[index] = entries.removeLast()
        marks[index] = marks.removeLast()
        return true
    }
}
