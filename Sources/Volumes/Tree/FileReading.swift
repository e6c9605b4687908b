// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects

/// A file of any kind but a folder, as it was read.
struct FileReading: Sendable {
    /// While it changes it is read so often.
    private static let attempts = 3

    let entry: TreeEntry
    let status: FileStatus
    /// Whether it stayed as it was meanwhile.
    var isWhole = true
    /// Whether each write that came later has moved its times, or will.
    var isTraceable = true
    /// What it held, if that is still to be read: then its entry has a hole in the place of it.
    private(set) var clone: Descriptor?

    /// Reads a file by a descriptor of it, for its name may be another one's by now.
    ///
    /// - Parameters:
    ///   - itself: The file.
    ///   - path: Where it is.
    ///   - haste: Who waits for it.
    ///   - chunks: Where its content goes.
    /// - Returns: What it was; nil if it is a folder.
    /// - Throws: Why it cannot be read or stored.
    static func read(_ itself: Descriptor, _ path: TreePath, _ haste: Haste, into chunks: ChunkWriter) throws
        -> FileReading?
    {
        let status = try itself.status(), kind: TreeEntry.Kind
        switch status.kind {
        case .file: return try content(of: itself, status, path, haste, into: chunks)
        case .link: kind = .symbolicLink(target: try itself.linkTarget("").bytes)
        case .fifo: kind = .fifo
        case .socket: kind = .socket
        case .characterDevice: kind = .characterDevice(major: status.node.major, minor: status.node.minor)
        case .blockDevice: kind = .blockDevice(major: status.node.major, minor: status.node.minor)
        case .directory, .unknown: return nil
        }
        let attributes = try TreeEntry.Attributes(status, of: itself)
        return FileReading(
            entry: TreeEntry(path: path, kind: kind, attributes: attributes),
            status: status
        )
    }

    private static func content(
        of itself: Descriptor,
        _ status: FileStatus,
        _ path: TreePath,
        _ haste: Haste,
        into chunks: ChunkWriter
    ) throws -> FileReading {
        // Of the very file that was looked at, proc(5): what has its name now may be a device.
        let file = try Descriptor.open("/proc/self/fd/\(itself.number)", O_RDONLY | O_NOCTTY)
        if case .standing(let space?) = haste, status.size > CloneSpace.least,
            let reading = try cloned(file, path, in: space)
        {
            return reading
        }
        // It may wait for a disk. One that the disk does not take is read each time.
        let isTraceable = !haste.isBrief && (try? file.beginWriteOut()) != nil
        var attempt = 0
        while true {
            attempt += 1
            let before = attempt == 1 ? status : try file.status()
            let attributes = try TreeEntry.Attributes(before, of: file)
            let content = try ContentReading(file).content(size: before.size, into: chunks)
            let isWhole = try TreeScan.Mark(before) == TreeScan.Mark(file.status())
            guard isWhole || attempt == attempts else { continue }
            return FileReading(
                entry: TreeEntry(path: path, kind: .file(content), attributes: attributes),
                status: before,
                isWhole: isWhole,
                isTraceable: isTraceable
            )
        }
    }

    // MARK: Clones

    /// A clone of a file, to be read later; nil if none can be made.
    private static func cloned(
        _ file: Descriptor,
        _ path: TreePath,
        in space: CloneSpace
    ) throws -> FileReading? {
        var attempt = 0
        while true {
            attempt += 1
            let before = try file.status()
            let attributes = try TreeEntry.Attributes(before, of: file)
            guard let clone = space.clone(file) else { return nil }
            let isWhole = try TreeScan.Mark(before) == TreeScan.Mark(file.status())
            guard isWhole || attempt == attempts else { continue }
            let pieces = [FileContent.Piece(span: before.size, chunk: nil)]
            let content = try FileContent(
                size: before.size,
                depth: 0,
                pieces: before.size > 0 ? pieces : []
            )
            return FileReading(
                entry: TreeEntry(path: path, kind: .file(content), attributes: attributes),
                status: before,
                isWhole: isWhole,
                clone: clone
            )
        }
    }

    /// The same with what its clone holds.
    private func filled(into chunks: ChunkWriter) throws -> FileReading {
        guard let clone else { return self }
        let content = try ContentReading(clone).content(size: status.size, into: chunks)
        return FileReading(
            entry: TreeEntry(path: entry.path, kind: .file(content), attributes: entry.attributes),
            status: status,
            isWhole: isWhole,
            isTraceable: isTraceable
        )
    }

    /// Reads all that was cloned, by several threads; nobody waits for it.
    static func fill(_ readings: [Int: FileReading], into chunks: ChunkWriter) throws(VolumeError)
        -> [Int: FileReading]
    {
        let filled = Monitor(readings)
        let places = readings.filter { $0.value.clone != nil }.keys.sorted()
        try Together.each(places, most: FilesToRead.width) { place throws(VolumeError) in
            guard let reading = filled.hold({ $0[place] }) else { return }
            do {
                let whole = try reading.filled(into: chunks)
                filled.hold { $0[place] = whole }
            } catch { throw VolumeError("read", reading.entry.path.description, of: error) }
        }
        return filled.hold { $0 }
    }
}
