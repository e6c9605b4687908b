// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The files of a spool, for whoever copies it: a copy of any moment is a spool, for segments only grow.
public struct SpoolFiles: Equatable, Sendable {
    /// A segment as large as it is now.
    public struct Segment: Equatable, Sendable {
        /// Its file.
        public let name: String
        /// The number of its first record.
        public let firstSequence: UInt64
        /// Bytes.
        public let size: Int
    }

    /// The oldest first.
    public let segments: [Segment]
    /// The files of the places that sinks have, `SINK.cursor`.
    public let cursors: [String]

    /// Looks into the folder of a spool; segments that go meanwhile are left out.
    public init(_ path: String) throws(LogError) {
        (segments, cursors) = try attempt(.read, path) { () throws(LinuxError) in
            let folder = try SpoolFolder(opening: path)
            var segments: [Segment] = []
            for first in try folder.segments() {
                let name = SpoolFolder.name(of: first)
                var status = stat()
                if fstatat(folder.directory.number, name, &status, AT_SYMLINK_NOFOLLOW) < 0 {
                    let cause = errno
                    guard cause == ENOENT else { throw LinuxError("fstatat", name, errno: cause) }
                    continue
                }
                segments.append(Segment(name: name, firstSequence: first, size: Int(status.st_size)))
            }
            let names = try Descriptor.open(path, O_DIRECTORY | O_RDONLY).entries().map(\.description)
            return (segments, names.filter { $0.hasSuffix(".cursor") && !$0.hasPrefix(".") }.sorted())
        }
    }

    /// The segments that have something from a record on, the newest first.
    public func segments(from sequence: UInt64) -> [Segment] {
        let ends = segments.dropFirst().map(\.firstSequence) + [.max]
        return zip(segments, ends).filter { $1 > sequence }.map(\.0).reversed()
    }
}
