// SPDX-License-Identifier: Apache-2.0

/// What moves a service to another image without a new desired state (`x-martlet.image.follow`).
public enum ImageFollow: Sendable, Hashable, RawRepresentable {
    /// Whatever its tag points to.
    case tag
    /// The newest version in a range.
    case versions(VersionRange)

    /// Reads `tag`, or a range.
    public init?(rawValue text: String) {
        if text == "tag" {
            self = .tag
        } else if let range = VersionRange(text) {
            self = .versions(range)
        } else {
            return nil
        }
    }

    /// As it is read.
    public var rawValue: String {
        switch self {
        case .tag: "tag"
        case .versions(let range): range.description
        }
    }

    /// The newest of some tags that a service moves to from its present one; nil if there is none.
    public func next(after present: String, among tags: [String]) -> String? {
        guard case .versions(let range) = self, let present = ImageVersion(tag: present) else { return nil }
        return tags.compactMap { tag in ImageVersion(tag: tag).map { (tag, $0) } }
            .filter { $0.1.isKin(of: present) && range.contains($0.1) && present < $0.1 }
            .max { $0.1 < $1.1 }?.0
    }
}

/// Versions from one on: `~1.4` up to the next minor version, `~1` and `^1.4` up to the next major one.
///
/// As npm and Cargo read it: `^` keeps the first number that is not 0.
public struct VersionRange: Sendable, Hashable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let lowest: [UInt32]
    /// The first that is too high.
    private let end: [UInt32]

    /// Reads `~` or `^` and one to three numbers.
    public init?(_ text: String) {
        guard let sign = text.first, sign == "~" || sign == "^" else { return nil }
        let parts = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        var numbers = parts.compactMap { UInt32(digits: $0) }
        guard numbers.count == parts.count, (1...3).contains(parts.count) else { return nil }
        let last = numbers.count - 1
        let kept = sign == "~" ? min(last, 1) : numbers.firstIndex { $0 > 0 } ?? last
        var end = Array(numbers[...kept])
        guard end[kept] < .max else { return nil }
        end[kept] += 1
        numbers += Array(repeating: 0, count: 3 - numbers.count)
        lowest = numbers
        self.end = end
        description = text
    }

    /// Whether a version is in it, whatever stands before and behind its numbers.
    public func contains(_ version: ImageVersion) -> Bool {
        !version.numbers.lexicographicallyPrecedes(lowest) && version.numbers.lexicographicallyPrecedes(end)
    }
}
