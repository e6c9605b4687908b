// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// What a file is known by: one with the same has the same bytes, unless somebody set its time back.
struct FileMark: Hashable, Sendable {
    /// Later than the last change of a file by less than this, another one may have the same time: the kernel's clock has
    /// ticks of up to 10 ms.
    private static let tick: Int64 = 20_000_000

    let size: Int64
    /// When its bytes changed last, since 1970.
    let seconds: Int64
    let nanoseconds: Int
    let inode: UInt64

    init(size: Int64, seconds: Int64, nanoseconds: Int, inode: UInt64) {
        self.size = size
        self.seconds = seconds
        self.nanoseconds = nanoseconds
        self.inode = inode
    }

    init(_ status: FileStatus) {
        self.init(
            size: status.size,
            seconds: status.modified,
            nanoseconds: status.modifiedNanoseconds,
            inode: status.inode
        )
    }

    /// Whether a change after an instant, in nanoseconds since 1970, gives the file another mark.
    func isSettled(at instant: Int64) -> Bool {
        seconds &* 1_000_000_000 &+ Int64(nanoseconds) < instant - Self.tick
    }
}
