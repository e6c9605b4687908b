// SPDX-License-Identifier: Apache-2.0
internal import Volumes

/// An entry of a tree in few bytes: what is of no fixed size is in the tables of its `TreeIndex`.
struct TreeNode {
    /// A part of one of the tables.
    struct Part {
        var start: UInt32 = 0
        var count: UInt32 = 0

        var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    }

    /// What it is.
    enum Kind: UInt8 {
        case directory, file, link, characterDevice, blockDevice, fifo, socket
        /// A further path of the file that is at `place`.
        case further
    }

    var kind = Kind.further
    /// How many lists of lists its pieces are in.
    var depth: UInt8 = 0
    /// Permission bits with setuid, setgid and sticky.
    var mode: UInt16 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var nanoseconds: UInt32 = 0
    var seconds: Int64 = 0
    /// The bytes of a file, holes included, or of a link.
    var size: Int64 = 0
    /// Those that are no holes.
    var stored: Int64 = 0
    /// Names that lead to it.
    var links: UInt32 = 1
    /// The folder that it is in.
    var folder: UInt32 = 0
    /// Its name, in the bytes.
    var name = Part()
    /// The text of a link in the bytes, the pieces of a file, the entries of a folder; of a device node, its numbers as
    /// the kernel writes them; of a further path, the file.
    var place = Part()
    /// Its extended attributes.
    var extended = Part()
}

/// A stretch of a file, or a list of such, in few bytes.
struct TreePiece {
    /// Where the next one begins in the file.
    let end: Int64
    /// What it is called; of a hole, nothing.
    let name: ContentName
    /// Its pack in the table of packs; `hole` for a hole.
    let pack: UInt32
    let offset: UInt32
    let stored: UInt32
    let size: UInt32
    /// Whose it is.
    let file: UInt32

    static let hole = UInt32.max
}
