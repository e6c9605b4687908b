// SPDX-License-Identifier: Apache-2.0
package import Linux

/// A way from the root of a volume: names between slashes, in no particular encoding; empty for the root itself.
///
/// In order, a folder comes before what is in it, and that before whatever follows the folder: a slash is less than all
/// that names have.
package struct TreePath: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// A path is no longer.
    static let maximumBytes = 16_384
    /// Nor a name of it.
    static let maximumNameBytes = 255
    /// Nor has it more names.
    static let maximumDepth = 1_024

    private static let slash = UInt8(ascii: "/")

    /// Names with slashes between them.
    package let bytes: [UInt8]

    /// Throws what is no path.
    package init(bytes: [UInt8]) throws(FormatFlaw) {
        self.bytes = bytes
        guard !bytes.isEmpty else { return }
        let names = names
        guard bytes.count <= Self.maximumBytes, names.count <= Self.maximumDepth,
            names.allSatisfy(Self.isName), !bytes.contains(0)
        else { throw FormatFlaw("a path of \(bytes.count) bytes is none: \(self)") }
    }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The root.
    package static let root = TreePath(unchecked: [])

    /// What is called so in here; nil if the path is too long.
    func appending(_ name: [UInt8]) -> TreePath? {
        try? TreePath(bytes: bytes.isEmpty ? name : bytes + [Self.slash] + name)
    }

    /// Whether it leads on from another one.
    func isBelow(_ other: TreePath) -> Bool {
        other == .root
            || (bytes.count > other.bytes.count && bytes.starts(with: other.bytes)
                && bytes[other.bytes.count] == Self.slash)
    }

    /// What leads on, step by step.
    package var names: [ArraySlice<UInt8>] {
        bytes.isEmpty ? [] : bytes.split(separator: Self.slash, omittingEmptySubsequences: false)
    }

    /// The last name, and the path of the folder that has it; nil for the root.
    package var parted: (folder: TreePath, name: RawPath)? {
        guard !bytes.isEmpty else { return nil }
        let cut = bytes.lastIndex(of: Self.slash)
        guard let name = RawPath(bytes: bytes[(cut.map { $0 + 1 } ?? 0)...]) else { return nil }
        return (TreePath(unchecked: Array(bytes[..<(cut ?? 0)])), name)
    }

    /// For a message: short, and on one line.
    package var description: String {
        let text = String(
            decoding: bytes.prefix(200).map { $0 < 0x20 || $0 == 0x7F ? 0x3F : $0 },
            as: UTF8.self
        )
        return bytes.isEmpty ? "/" : text + (bytes.count > 200 ? "..." : "")
    }

    /// Folders first, then what is in them, then what follows.
    package static func < (one: TreePath, other: TreePath) -> Bool {
        for (left, right) in zip(one.bytes, other.bytes) where left != right {
            return rank(left) < rank(right)
        }
        return one.bytes.count < other.bytes.count
    }

    private static func rank(_ byte: UInt8) -> UInt8 { byte == slash ? 0 : byte }

    private static func isName(_ name: ArraySlice<UInt8>) -> Bool {
        !name.isEmpty && name.count <= maximumNameBytes && !name.elementsEqual(".".utf8)
            && !name.elementsEqual("..".utf8)
    }
}
