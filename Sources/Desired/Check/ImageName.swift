// SPDX-License-Identifier: Apache-2.0

/// The outer form of an image reference; the image store reads the rest.
enum ImageName {
    /// The reference, or nil if it cannot be one.
    static func checked(_ text: String) -> String? {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            let digest = parts[1].split(separator: ":", omittingEmptySubsequences: false)
            guard digest.count == 2, Characters.isName(digest[0], and: "+._-"), digest[1].utf8.count >= 32,
                digest[1].utf8.allSatisfy(Characters.isHexDigit)
            else { return nil }
        }
        guard let first = parts[0].utf8.first, Characters.isAlphanumeric(first) || first == UInt8(ascii: "["),
            Characters.isName(parts[0], and: "._-/:[]"), !parts[0].contains("//"), !parts[0].contains(".."),
            !parts[0].hasSuffix("/"), !parts[0].hasSuffix(":"), text.utf8.count <= 512
        else { return nil }
        return text
    }
}
