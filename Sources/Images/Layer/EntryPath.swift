// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// A name out of a layer, taken apart: components from the layer's root, none of them empty, `.` or `..`.
struct EntryPath: Equatable {
    let components: [RawPath]

    /// An absolute name counts from the layer's root; a name with `..` is refused.
    init(_ bytes: [UInt8], depth: Int) throws(ImageError) {
        func refused(_ why: String) -> ImageError {
            ImageError("unpack", String(decoding: bytes.prefix(256), as: UTF8.self), .malformed(why))
        }
        guard !bytes.isEmpty else { throw refused("an entry has no readable name") }
        guard bytes.count <= 4096 else { throw refused("the name is longer than 4096 bytes") }
        var components: [RawPath] = []
        for part in bytes.split(separator: UInt8(ascii: "/")) where !part.elementsEqual([0x2E]) {
            guard !part.elementsEqual([0x2E, 0x2E]) else { throw refused("the name leads out of the layer") }
            guard let component = RawPath(bytes: part) else { throw refused("the name holds a NUL") }
            components.append(component)
        }
        guard components.count <= depth else {
            throw ImageError(
                "unpack",
                String(decoding: bytes.prefix(256), as: UTF8.self),
                .limit("deeper than \(depth)")
            )
        }
        self.components = components
    }

    /// The last component; nil for the root.
    var name: RawPath? { components.last }

    /// The components before the last.
    var parent: ArraySlice<RawPath> { components.dropLast() }
}

extension RawPath {
    /// A relative path of some components; `.` for none.
    init(joining components: some Collection<RawPath>) {
        let bytes =
            components.isEmpty
            ? [UInt8(ascii: ".")] : Array(components.map(\.bytes).joined(separator: [UInt8(ascii: "/")]))
        self = RawPath(bytes: bytes) ?? "."
    }
}
