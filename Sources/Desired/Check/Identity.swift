// SPDX-License-Identifier: Apache-2.0

/// A user and group as the kernel or the image's account files know them.
///
/// See CVE-2024-40635 for why so strict.
struct Identity {
    /// The id or name, and the group's.
    let parts: [Substring]

    /// Reads `user` or `user:group`; nil unless each is an id of the kernel or a plain account name.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy(Identity.isPart) else { return nil }
        self.parts = parts
    }

    /// The ids among the parts.
    var ids: [UInt32] {
        parts.compactMap { UInt32(digits: $0) }
    }

    /// One id or name.
    static func isPart(_ text: some StringProtocol) -> Bool {
        // The last id means "no id" to the kernel, see chown(2).
        if let id = UInt32(digits: text) { return id != .max }
        guard let first = text.utf8.first, Characters.isLetter(first) || first == UInt8(ascii: "_") else {
            return false
        }
        let base = text.hasSuffix("$") ? String(text.dropLast()) : String(text)
        return Characters.isName(base, and: "_.-") && text.utf8.count <= 32
    }
}
