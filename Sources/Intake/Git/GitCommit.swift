// SPDX-License-Identifier: Apache-2.0

/// A commit: what it is of, and who signed it.
struct GitCommit {
    /// The tree of all files.
    let tree: String
    /// The armoured signature; nil if there is none.
    let signature: [UInt8]?
    /// What the signature is over: the commit without it.
    let payload: [UInt8]

    /// Reads the content of a commit; nil if it is none.
    init?(_ bytes: [UInt8]) {
        let field = Array("gpgsig ".utf8)
        var payload: [UInt8] = []
        var signature: [UInt8]?
        var tree: String?
        var rest = bytes[...]
        var isOfSignature = false
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end != rest.startIndex {
            let line = rest[..<end]
            if isOfSignature, line.first == UInt8(ascii: " ") {
                signature?.append(contentsOf: line.dropFirst())
                signature?.append(UInt8(ascii: "\n"))
            } else {
                isOfSignature = line.starts(with: field)
                if isOfSignature {
                    guard signature == nil else { return nil }
                    signature = Array(line.dropFirst(field.count)) + [UInt8(ascii: "\n")]
                } else {
                    if tree == nil {
                        let text = String(decoding: line, as: UTF8.self)
                        guard text.hasPrefix("tree "), GitObjects.isName(text.dropFirst(5)) else {
                            return nil
                        }
                        tree = String(text.dropFirst(5))
                    }
                    payload += line + [UInt8(ascii: "\n")]
                }
            }
            rest = rest[rest.index(after: end)...]
        }
        guard let tree else { return nil }
        self.tree = tree
        self.signature = signature
        self.payload = payload + rest
    }
}
