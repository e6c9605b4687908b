// SPDX-License-Identifier: Apache-2.0

/// A tag that is a version: `1.4.2`, `v1.4.2`, `1.4.2-alpine`.
public struct ImageVersion: Sendable, Hashable, Comparable {
    /// Major, minor and patch.
    public let numbers: [UInt32]
    /// What stands before the numbers: `v`, or nothing.
    public let prefix: String
    /// What stands behind them, with its hyphen; a variant of the image, or a release before the release.
    public let suffix: String

    /// Reads a tag; nil unless it has all three numbers.
    public init?(tag: some StringProtocol) {
        prefix = tag.hasPrefix("v") ? "v" : ""
        let rest = tag.dropFirst(prefix.count)
        let text = rest.prefix { $0 != "-" }
        suffix = String(rest.dropFirst(text.count))
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        numbers = parts.compactMap { UInt32(digits: $0) }
        guard parts.count == 3, numbers.count == 3, suffix != "-" else { return nil }
    }

    /// Whether two are releases of the same image: only then one is newer.
    public func isKin(of other: ImageVersion) -> Bool { prefix == other.prefix && suffix == other.suffix }

    /// By the numbers alone.
    public static func < (a: ImageVersion, b: ImageVersion) -> Bool {
        a.numbers.lexicographicallyPrecedes(b.numbers)
    }
}
