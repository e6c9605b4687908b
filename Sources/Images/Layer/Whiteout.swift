// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// What a file name that starts with `.wh.` asks for (OCI image spec, layer, whiteouts).
enum Whiteout: Equatable {
    /// Hide what the layers below have under this name.
    case hide(RawPath)
    /// Hide all that the layers below have in this directory.
    case opaque
    /// A file of AUFS itself.
    case ignored

    static let prefix = Array(".wh.".utf8)

    /// Reads the mark in a name; nil if it is an ordinary name.
    init?(_ name: RawPath, subject: String) throws(ImageError) {
        guard name.bytes.starts(with: Self.prefix) else { return nil }
        let hidden = name.bytes.dropFirst(Self.prefix.count)
        if hidden.starts(with: Self.prefix) {
            self = hidden.elementsEqual(".wh..opq".utf8) ? .opaque : .ignored
            return
        }
        guard !hidden.isEmpty, !hidden.elementsEqual([0x2E]), !hidden.elementsEqual([0x2E, 0x2E]),
            let path = RawPath(bytes: hidden)
        else { throw ImageError("unpack", subject, .malformed("a whiteout names no file")) }
        self = .hide(path)
    }
}
