// SPDX-License-Identifier: Apache-2.0
package import Linux

/// The bytes of the files of a tree, some of which may be far away; files are called by their places in the tree.
///
/// Calls come from many threads.
package protocol FileSource: Sendable {
    /// Reads a part of a file, which it has, into all of `buffer`; false if some of it has to be fetched first.
    func read(_ file: Int, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(LinuxError)
        -> Bool

    /// Has a part of a file here when it returns, which may take until the store is back.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - range: The part, which it has.
    ///   - isWanted: Asked now and then whether anybody still waits for it.
    /// - Throws: `EIO` if it cannot be had, `EINTR` if nobody wants it.
    func fetch(_ file: Int, _ range: Range<Int64>, while isWanted: () -> Bool) throws(LinuxError)

    /// Where the next data or the next hole is, from a byte on that the file has; nil if something has to be fetched
    /// first, and the end of the file counts as a hole.
    func next(_ stretch: FileStretch, of file: Int, from offset: Int64) throws(LinuxError) -> Int64?

    /// Has what says where data and holes are.
    func fetchLayout(of file: Int, at offset: Int64, while isWanted: () -> Bool) throws(LinuxError)
}

/// What is looked for in a file, lseek(2).
package enum FileStretch: Sendable {
    case data, hole
}
