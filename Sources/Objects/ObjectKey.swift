// SPDX-License-Identifier: Apache-2.0

/// The name of an object: parts between slashes that every store can take.
///
/// At most 1,024 bytes of UTF-8, as in S3 and Swift; no part is empty, `.`, `..`, longer than a file name (255 bytes)
/// or has a control character. No key may be the beginning of another one up to a slash: where objects are files,
/// `a` cannot be beside `a/b`. Keys are compared and ordered by their bytes: what Unicode holds for the same is two.
public struct ObjectKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// A key is no longer than this.
    public static let maximumBytes = 1_024
    /// Nor a part of it longer than this.
    public static let maximumPartBytes = 255

    /// The bytes of its text.
    public let bytes: [UInt8]

    /// Takes a text, or throws what is wrong with it.
    public init(_ text: String) throws(ObjectError) {
        guard let fault = Self.fault(of: text) else {
            bytes = Array(text.utf8)
            return
        }
        throw ObjectError("name", text, .refused(fault))
    }

    /// Takes bytes that somebody else has for a key; nil if they are none.
    init?(bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self), Self.fault(of: text) == nil else {
            return nil
        }
        self.bytes = bytes
    }

    /// The key as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The key as text.
    public var description: String { text }

    /// What is between its slashes.
    public var parts: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

    /// By their bytes, as stores list them.
    public static func < (one: ObjectKey, other: ObjectKey) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }

    /// Whether a key may begin with a text.
    static func canBegin(with text: String) -> Bool {
        // The last part may go on, and need not be one yet.
        let end =
            text.utf8.last == UInt8(ascii: "/") ? "x" : text.isEmpty || text.utf8.last == 0x2E ? "x" : ""
        return fault(of: String(text + end)) == nil
    }

    private static func fault(of text: String) -> String? {
        guard text.utf8.count <= maximumBytes else { return "is longer than \(maximumBytes) bytes" }
        for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if part.isEmpty { return "has an empty part: write no slash too many" }
            if part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) { return "has a part of dots" }
            if part.count > maximumPartBytes { return "has a part longer than \(maximumPartBytes) bytes" }
        }
        let isControl = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
        return text.unicodeScalars.contains(where: isControl) ? "has a control character" : nil
    }
}
