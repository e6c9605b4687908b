// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Finds any of many texts: a filter over four bytes tells most places apart, and the rest is compared.
final class LiteralSet: Sendable {
    private struct Entry: Sendable {
        let bytes: [UInt8]
        let name: String
    }

    /// A place that is one of the texts.
    struct Match: Equatable {
        var range: Range<Int>
        var name: String
    }

    /// One bit for each value that the hash of four bytes can have.
    private let filter: [UInt64]
    private let entries: [UInt32: [Entry]]
    /// So much of a longer text is as telling as all of it.
    private static let telling = 32

    init(_ literals: [SecretForms.Literal]) {
        var filter = [UInt64](repeating: 0, count: 1_024)
        var entries: [UInt32: [Entry]] = [:]
        for literal in literals {
            let key = literal.bytes.withUnsafeBytes { Self.key($0, at: 0) }
            let bit = Self.hash(key)
            filter[bit >> 6] |= 1 << UInt64(bit & 63)
            entries[key, default: []].append(Entry(bytes: literal.bytes, name: literal.name))
        }
        self.filter = filter
        self.entries = entries
    }

    private static func key(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
        bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
    }

    private static func hash(_ key: UInt32) -> Int { Int(martlet_log_hash(key)) }

    /// Gives each match in a line, from the left, none within another.
    ///
    /// `work` is what comparing may cost, in bytes, and becomes less than 0 when that was too little.
    func search(_ line: UnsafeRawBufferPointer, work: inout Int, _ found: (Match) -> Void) {
        guard line.count >= 4, let bytes = line.baseAddress else { return }
        filter.withUnsafeBufferPointer { filter in
            var index = 0
            let end = line.count - 3
            while index < end {
                index = martlet_log_candidate(filter.baseAddress, bytes, index, end)
                if index == end { return }
                if let match = longest(Self.key(line, at: index), line, index, &work) {
                    found(match)
                    index = match.range.upperBound
                } else {
                    index += 1
                }
                if work < 0 { return }
            }
        }
    }

    private func longest(_ key: UInt32, _ line: UnsafeRawBufferPointer, _ index: Int, _ work: inout Int)
        -> Match?
    {
        var best: Match?
        for entry in entries[key] ?? [] {
            let most = min(entry.bytes.count, line.count - index)
            let same = entry.bytes.withUnsafeBytes { text in
                martlet_log_same(line.baseAddress.map { $0 + index }, text.baseAddress, most)
            }
            work -= same
            if work < 0 { return best }
            guard same == entry.bytes.count || same >= Self.telling else { continue }
            if same > best?.range.count ?? 0 { best = Match(range: index..<index + same, name: entry.name) }
        }
        return best
    }
}
