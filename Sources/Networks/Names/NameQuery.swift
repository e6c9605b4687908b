// SPDX-License-Identifier: Apache-2.0

/// A name query as it arrived (RFC 1035 section 4), checked byte by byte: its sender is a container.
struct NameQuery: Equatable {
    /// Why a packet is no query that can be looked up.
    enum Refusal: Error, Equatable {
        /// Not even an answer is due: too short, or itself an answer.
        case silent
        /// An answer with this code is due.
        case code(ResponseCode, id: UInt16)
    }

    let id: UInt16
    let recursionDesired: Bool
    /// The name in lower case without a final dot; the root is empty.
    let name: String
    let type: UInt16
    let kind: UInt16
    /// The question section as it was asked, letter case included, for the echo.
    let question: [UInt8]
    /// The largest UDP answer that the sender takes: 512 without EDNS (RFC 6891).
    let payloadLimit: Int
    let hasEDNS: Bool

    static let longest = 4_096

    init(_ bytes: [UInt8]) throws(Refusal) {
        guard bytes.count >= 12, bytes[2] & 0x80 == 0 else { throw .silent }
        id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        guard bytes.count <= NameQuery.longest else { throw .code(.formatError, id: id) }
        guard bytes[2] & 0x78 == 0 else { throw .code(.notImplemented, id: id) }
        recursionDesired = bytes[2] & 1 != 0
        let counts = (0..<4).map { Int(bytes[4 + 2 * $0]) << 8 | Int(bytes[5 + 2 * $0]) }
        guard counts[0] == 1, counts[1] == 0, counts[2] == 0, counts[3] <= 4 else {
            throw .code(.formatError, id: id)
        }
        var reader = NameReader(bytes, at: 12)
        guard let name = reader.plainName(), let type = reader.word(), let kind = reader.word() else {
            throw .code(.formatError, id: id)
        }
        self.name = name
        self.type = type
        self.kind = kind
        question = Array(bytes[12..<reader.position])
        var limit: Int?
        for _ in 0..<counts[3] {
            guard let record = reader.record() else { throw .code(.formatError, id: id) }
            guard record.type == RecordType.options else { continue }
            // RFC 6891 6.1.1: one of them, and its owner is the root.
            guard limit == nil, record.isRoot else { throw .code(.formatError, id: id) }
            guard record.timeToLive >> 16 & 0xff == 0 else { throw .code(.badVersion, id: id) }
            limit = max(512, min(Int(record.kind), NameQuery.longest))
        }
        payloadLimit = limit ?? 512
        hasEDNS = limit != nil
    }
}
