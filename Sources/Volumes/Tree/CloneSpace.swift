// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux
internal import Objects

/// Has files as they are in an instant, however large they are, where the file system shares what two files have in common
/// (btrfs, xfs): ioctl_ficlone(2).
///
/// The clones have no names: nobody finds them, and they are gone with whoever has them open, however that ends.
package final class CloneSpace: Sendable {
    /// What became of files that were to be cloned.
    package struct Counts: Equatable, Sendable {
        /// So many were.
        package var made = 0
        /// So many could not be, and were read instead.
        package var refused = 0
    }

    /// A smaller file is read in less time than it is cloned in.
    static let least: Int64 = 16 << 10
    /// So many are open at most; others need descriptors, too.
    private static let most = max(16, min(4_096, sysconf(Int32(_SC_OPEN_MAX)) / 4))

    private let folder: Descriptor
    private let state = Monitor(Counts())

    /// Clones on the file system of a directory, which nobody has to see anything in.
    package init(_ folder: Descriptor) { self.folder = folder }

    /// Whether the file system of a directory shares content; nil if it has no room to tell.
    package static func isPossible(in folder: Descriptor) -> Bool? {
        do throws(LinuxError) {
            let (one, other) = (try folder.makeUnnamed(), try folder.makeUnnamed())
            try one.write([UInt8](repeating: 1, count: 65_536))
            return try other.share(one)
        } catch {
            return [ENOSPC, EDQUOT, EMFILE, ENFILE, EIO].contains(error.errno) ? nil : false
        }
    }

    /// What became of files so far.
    package var counts: Counts { state.hold { $0 } }

    /// Has the disk take files that changed, below a directory, before anybody stands still for it: a clone waits for that.
    func prepare(_ changes: [TreeEntry], in root: Descriptor) {
        let paths = changes.compactMap { entry -> RawPath? in
            guard case .file = entry.kind, entry.size > Self.least else { return nil }
            return RawPath(bytes: entry.path.bytes)
        }
        Together.each(paths, most: FilesToRead.width) { path in
            // One that went is not cloned either.
            let file = try? root.open(
                path,
                O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW,
                resolve: [.beneath, .noSymlinks, .noCrossing]
            )
            guard let file, (try? file.status().kind) == .file else { return }
            // The second one waits for what the first one began.
            for _ in 0..<2 { try? file.beginWriteOut() }
        }
    }

    /// What a file holds now; nil if it has to be read, as there is no room for a clone, or none can be made of it.
    ///
    /// Its dirty pages are on the disk then: each later write moves its times.
    func clone(_ file: Descriptor) -> Descriptor? {
        // What it is that fails does not matter: whoever reads the file is told.
        let clone = state.hold { $0.made < Self.most } ? try? folder.makeUnnamed() : nil
        let isMade = clone.map { (try? $0.share(file)) == true } ?? false
        state.hold { if isMade { $0.made += 1 } else { $0.refused += 1 } }
        return isMade ? clone : nil
    }
}
