// SPDX-License-Identifier: Apache-2.0
internal import Patterns

/// Keeps one of so many lines: equal lines alike, and what looks like an error always.
final class Sampler {
    private let rate: UInt64
    private let search: PatternSearch

    /// What an error looks like.
    private static let trouble = "(?i)error|fatal|panic|crit|emerg|alert|exception|traceback|fail|severe"
    /// So far into a line it is looked for.
    private static let depth = 1_024

    /// Nil if every line is kept.
    init?(_ rate: UInt64) {
        guard rate > 1 else { return nil }
        do throws(PatternError) {
            search = PatternSearch(try Pattern(Self.trouble))
        } catch {
            return nil  // it is an expression; and to keep a line is never wrong
        }
        self.rate = rate
    }

    func keeps(_ line: UnsafeRawBufferPointer) -> Bool {
        // FNV-1a, and a mix of its high bits into the low ones.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in line { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        if (hash ^ (hash >> 33)) % rate == 0 { return true }
        let beginning = UnsafeRawBufferPointer(rebasing: line[..<min(line.count, Self.depth)])
        return search.firstMatch(in: beginning) != nil
    }
}
