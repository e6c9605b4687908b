// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What stat(2) says of a file that we wrote, by which a change that is not ours shows.
struct FileMark: Equatable {
    private let device: UInt
    private let inode: UInt
    private let mode: UInt32
    private let size: Int
    private let modified: [Int]
    private let changed: [Int]
    /// Written so shortly before this look that a later write may leave the same times: the kernel's clock for
    /// files is coarse.
    let isYoung: Bool

    /// The mark of a regular file, nil for anything else.
    static func of(_ path: String) -> FileMark? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return FileMark(status)
    }

    private init(_ status: stat) {
        device = UInt(status.st_dev)
        inode = UInt(status.st_ino)
        mode = status.st_mode
        size = Int(status.st_size)
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        isYoung = now.tv_sec - status.st_ctim.tv_sec < 2
    }

    static func == (a: FileMark, b: FileMark) -> Bool {
        a.device == b.device && a.inode == b.inode && a.mode == b.mode && a.size == b.size
            && a.modified == b.modified && a.changed == b.changed
    }
}
