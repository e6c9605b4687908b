// SPDX-License-Identifier: Apache-2.0

/// The log of one owner alone, in a store in which two creations of one object may both succeed.
///
/// Nobody else has its name, so nothing in it is ever in the place of something else. Of all lines of a volume the
/// greatest is the one that is gone on with; whatever others have beside it is there, and told.
package struct Line: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number of owners up to this one.
    package let epoch: UInt64
    /// Random: of two who take one epoch the lower one has it.
    package let claim: UInt64

    package init(epoch: UInt64, claim: UInt64) {
        self.epoch = epoch
        self.claim = claim
    }

    /// The line that a branch of a volume is by its name; nil if it is none.
    init?(_ name: some StringProtocol) {
        let parts = name.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
        guard name.first == "e", parts.count == 2, parts.allSatisfy({ $0.utf8.count == 16 }),
            let epoch = UInt64(parts[0], radix: 16), let claim = UInt64(parts[1], radix: 16),
            (1..<CommitRecord.end).contains(epoch)
        else { return nil }
        self.init(epoch: epoch, claim: claim)
        guard name == description else { return nil }
    }

    /// What is behind the @ of its name.
    package var description: String { "e\(LogPlace.digits(epoch))-\(LogPlace.digits(claim))" }

    /// The greater one is gone on with.
    package static func < (one: Line, other: Line) -> Bool {
        (one.epoch, other.claim) < (other.epoch, one.claim)
    }
}
