// SPDX-License-Identifier: Apache-2.0

/// Paths as text, without a look at any file system.
enum FilePlace {
    /// The absolute path in its plain form; nil if it is not absolute, climbs or holds a control character.
    static func absolute(_ text: String) -> String? {
        guard text.utf8.first == slash, text.utf8.count < 4096, !Characters.hasControl(text) else {
            return nil
        }
        let parts = components(text).filter { $0 != "." }
        guard !parts.contains("..") else { return nil }
        return "/" + parts.joined(separator: "/")
    }

    /// A path relative to a directory, in its plain form; `..` climbs, but not above the root.
    static func resolve(_ text: String, in directory: String) -> String? {
        guard !text.isEmpty, text.utf8.count < 4096, !Characters.hasControl(text) else { return nil }
        var parts: [String] = []
        for part in components((text.utf8.first == slash ? "" : directory + "/") + text) where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static let slash = UInt8(ascii: "/")

    // By bytes, as the kernel does: a slash with a combining character after it is one Character, but a slash.
    private static func components(_ text: String) -> [String] {
        text.utf8.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
    }
}
