// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// Lines that each hold the hash of all before: `HASH JSON`, the hash that of the one before and of this JSON.
struct AuditChain: Equatable, Sendable {
    /// Before the first line.
    static let start = String(repeating: "0", count: 64)

    /// The number of the last line; 0 before the first.
    var seq = 0
    /// Its hash.
    var hash = start

    /// The line that comes next, with its line feed.
    mutating func line(_ json: [UInt8]) -> [UInt8] {
        seq += 1
        hash = Self.hash(after: hash, json)
        return Array("\(hash) ".utf8) + json + [UInt8(ascii: "\n")]
    }

    /// The JSON of a line; nil if it has no such form.
    static func json(of line: some BidirectionalCollection<UInt8>) -> (hash: String, json: [UInt8])? {
        let bytes = Array(line)
        guard bytes.count > 65, bytes[64] == UInt8(ascii: " ") else { return nil }
        return (String(decoding: bytes[..<64], as: UTF8.self), Array(bytes[65...]))
    }

    static func hash(after previous: String, _ json: [UInt8]) -> String {
        HashFunction.sha256.hex(Array("\(previous) ".utf8) + json)
    }
}
