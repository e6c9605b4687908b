// SPDX-License-Identifier: Apache-2.0

/// The form of a prefix of repositories, which names its registry in full.
enum RepositoryPrefixes {
    /// The prefix, or nil if it is none.
    static func checked(_ text: String) -> String? {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)[...]
        guard text.utf8.count <= 255, let registry = parts.popFirst(), isRegistry(registry) else {
            return nil
        }
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.allSatisfy(isRepositoryPart) ? text : nil
    }

    private static func isRegistry(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, Characters.isAlphanumeric(first) || first == UInt8(ascii: "[")
        else {
            return false
        }
        return Characters.isName(text, and: ".-:[]")
            && (text == "localhost" || text.utf8.contains { ".:".utf8.contains($0) })
            && !text.hasSuffix(".") && !text.hasSuffix(":") && !text.contains("..")
    }

    private static func isRepositoryPart(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        let isWord = { (byte: UInt8) in Characters.isLower(byte) || Characters.isDigit(byte) }
        return isWord(first) && isWord(last)
            && text.utf8.allSatisfy { isWord($0) || "._-".utf8.contains($0) }
    }
}
