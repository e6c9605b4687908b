// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

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

    /// Reads a file by a descriptor of it, for its name may be another one's by now.
    ///
    /// - Parameters:
    ///   - itself: The file.
    ///   - path: Where it is.
    ///   - isBrief: Whether containers stand still for it: then it is not made traceable, which may wait for a disk.
    ///   - chunks: Where its content goes.
    /// - Returns: What it was; nil if it is a folder.
    /// - Throws: Why it cannot be read or stored.
    static func read(_ itself: Descriptor, _ path: TreePath, isBrief: Bool, into chunks: ChunkWriter) throws
        -> FileReading?
    {
        let status = try itself.status(), kind: TreeEntry.Kind
        switch status.kind {
        case .file: return try content(of: itself, path, isBrief: isBrief, into: chunks)
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
        _ path: TreePath,
        isBrief: Bool,
        into chunks: ChunkWriter
    ) throws -> FileReading {
        // Of the very file that was looked at, proc(5): what has its name now may be a device.
        let file = try Descriptor.open("/proc/self/fd/\(itself.number)", O_RDONLY | O_NOCTTY)
        // One that the disk does not take is read each time.
        let isTraceable = !isBrief && (try? file.beginWriteOut()) != nil
        var attempt = 0
        while true {
            attempt += 1
            let before = try file.status()
            let attributes = try TreeEntry.Attributes(before, of: itself)
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
}
