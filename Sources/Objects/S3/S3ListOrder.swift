// SPDX-License-Identifier: Apache-2.0

/// The order in which a store lists names.
enum S3ListOrder {
    /// By the names' bytes, as the contract wants it: `a-b` before `a/b`.
    case bytes
    /// From folder to folder, as a file system does: `a/b` before `a-b`.
    case folders
    /// One that could not be found out: this access key may not write, or it is another one.
    case unknown

    /// Whether a name comes before another one in a list.
    func precedes(_ one: String, _ other: String) -> Bool {
        switch self {
        case .bytes: one.utf8.lexicographicallyPrecedes(other.utf8)
        case .folders: folded(one).lexicographicallyPrecedes(folded(other))
        case .unknown: one.utf8.lexicographicallyPrecedes(other.utf8) || Self.folders.precedes(one, other)
        }
    }

    /// Behind which name whatever is wanted after another one is found.
    ///
    /// A name that is a folder's leads past all that is in it, and one between two objects leads to the next: so of
    /// folders it is what the name has before its first byte below a slash, and a little less.
    ///
    /// - Parameters:
    ///   - name: All that is wanted has greater bytes.
    ///   - start: What all that is wanted begins with.
    /// - Returns: The name; nil for the beginning.
    func marker(before name: String, in start: String) -> String? {
        switch self {
        case .bytes: return name
        case .folders:
            guard name.utf8.starts(with: start.utf8) else { return nil }
            let own = name.unicodeScalars.dropFirst(start.unicodeScalars.count)
            var rest = own.prefix { $0.value >= 0x2F }
            while let last = rest.popLast(), last == "/" {}
            return rest.isEmpty ? nil : start + String(String.UnicodeScalarView(rest))
        case .unknown: return nil
        }
    }

    /// Below which no more names come once one has come; nil if any may.
    ///
    /// A folder that has begun may be followed by its neighbours: `a-b` comes after `a/b`.
    func settled(by name: String, in start: String) -> String? {
        switch self {
        case .bytes: return name
        case .folders:
            let own = name.utf8.dropFirst(start.utf8.count)
            let end = own.firstIndex(of: Self.slash) ?? name.utf8.endIndex
            return String(name.utf8[..<end])
        case .unknown: return nil
        }
    }

    private static let slash = UInt8(ascii: "/")

    /// By the names of folders: a slash is before all else.
    private func folded(_ name: String) -> some Sequence<UInt8> {
        name.utf8.lazy.map { $0 == Self.slash ? 0 : $0 }
    }
}
