// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Objects

/// A second look at a tree that was read before: a moment ago, and containers stand still, or a while ago.
///
/// Where the folders are as they were nothing is listed, and no file is read but those that changed: what it costs is a
/// look at each entry, by several threads. All else is left for later: see `scan`. Files that changed are cloned, where they
/// can be, and read when containers run again: then the standstill does not grow with them. One that is read here is read
/// once more before the next commit, for what is written to it through a mapping need not show before that.
struct TreeLook {
    /// So many entries are one thread's at a time.
    private static let stretch = 512

    private let before: TreeScan
    private let began: Int64
    /// Files that were read again, by the places of their entries.
    private var readings: [Int: FileReading] = [:]
    /// The whole tree, where there may be other entries.
    private var whole: TreeScan?

    /// Looks, and stores what the store has not, but for what is cloned.
    init(_ root: Descriptor, after before: TreeScan, _ haste: Haste, into chunks: ChunkWriter)
        throws(VolumeError)
    {
        self.before = before
        began = TreeScan.now
        if let readings = try Self.look(root, before, chunks, haste) {
            self.readings = readings
        } else {
            whole = try TreeScan.run(root, known: before.seen, haste, into: chunks)
        }
    }

    /// What was found, with what was cloned.
    func scan(into chunks: ChunkWriter) throws(VolumeError) -> TreeScan {
        if var whole {
            try whole.readClones(into: chunks)
            return whole
        }
        var scan = before
        scan.replace(try FileReading.fill(readings, into: chunks), asOf: began)
        return scan
    }

    /// Looks at each entry; nil if there may be others.
    private static func look(
        _ root: Descriptor,
        _ before: TreeScan,
        _ chunks: ChunkWriter,
        _ haste: Haste
    ) throws(VolumeError) -> [Int: FileReading]? {
        let count = before.entries.count, readings = Monitor<[Int: FileReading]?>([:])
        let stretches = stride(from: 0, to: count, by: stretch).map { $0..<min($0 + stretch, count) }
        try Together.each(stretches, most: FilesToRead.width) { places throws(VolumeError) in
            guard readings.hold({ $0 != nil }) else { return }
            let found: [Int: FileReading]?
            do { found = try look(places, root, before, chunks, haste) } catch let error as VolumeError {
                throw error
            } catch {
                found = nil  // what went meanwhile is found by the whole reading
            }
            readings.hold { all in
                guard let found else { return all = nil }
                all?.merge(found) { one, _ in one }
            }
        }
        return readings.hold { $0 }
    }

    private static func look(
        _ places: Range<Int>,
        _ root: Descriptor,
        _ before: TreeScan,
        _ chunks: ChunkWriter,
        _ haste: Haste
    ) throws -> [Int: FileReading]? {
        var way = FolderWay(root), found: [Int: FileReading] = [:]
        for place in places {
            let entry = before.entries[place]
            guard let (path, name) = entry.path.parted else {
                guard before.marks[place] == TreeScan.Mark(try root.status()) else { return nil }
                continue
            }
            let folder = try way.folder(path)
            guard let status = try folder.status(name) else { return nil }
            let isSame = before.marks[place] == TreeScan.Mark(status)
            switch entry.kind {
            // The entry that has what it leads to is looked at itself.
            case .hardLink: continue
            case .file where !isSame && status.kind == .file:
                let file = try folder.open(itself: name)
                guard let reading = try FileReading.read(file, entry.path, haste, into: chunks),
                    case .file = reading.entry.kind
                else { return nil }
                found[place] = reading
            default: guard isSame else { return nil }
            }
        }
        return found
    }
}
