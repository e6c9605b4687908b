// SPDX-License-Identifier: Apache-2.0
internal import Netlink

/// What to do with a packet that arrived at a name socket: pure.
enum NameDecision: Equatable {
    /// Nothing.
    case drop
    /// Send this back.
    case reply([UInt8])
    /// Ask the host's resolvers.
    case forward(NameQuery)

    /// Decides.
    ///
    /// `limit` overrides the size of UDP answers, for TCP.
    static func decide(
        _ packet: [UInt8],
        table: NameTable,
        forwards: Bool,
        turn: Int,
        limit: Int? = nil,
        asker: IPAddress? = nil
    ) -> NameDecision {
        let query: NameQuery
        do throws(NameQuery.Refusal) {
            query = try NameQuery(packet)
        } catch {
            switch error {
            case .silent: return .drop
            case .code(let code, let id): return .reply(NameReply.refusal(code, id: id))
            }
        }
        let limit = limit ?? query.payloadLimit
        // Class IN or ANY; no zone transfers.
        guard query.kind == 1 || query.kind == 255, query.type != RecordType.transfer,
            query.type != RecordType.incrementalTransfer
        else { return .reply(NameReply.encode(query, .refused, limit: limit)) }
        switch table.find(query.name, type: query.type, turn: turn, asker: asker) {
        case .answers(let answers): return .reply(NameReply.encode(query, .success, answers, limit: limit))
        case .noSuchName: return .reply(NameReply.encode(query, .noSuchName, limit: limit))
        case .unknown:
            return forwards ? .forward(query) : .reply(NameReply.encode(query, .noSuchName, limit: limit))
        }
    }

    /// What to hand on of a resolver's answer: nil if it is not an answer to that query.
    static func relay(_ answer: [UInt8], to query: NameQuery, sentAs id: UInt16, limit: Int) -> [UInt8]? {
        guard answer.count >= 12, answer[0] == UInt8(id >> 8), answer[1] == UInt8(id & 0xff),
            answer[2] & 0x80 != 0
        else { return nil }
        let questions = Int(answer[4]) << 8 | Int(answer[5])
        if questions == 1 {
            var reader = NameReader(answer, at: 12)
            guard reader.plainName() == query.name, reader.word() == query.type, reader.word() == query.kind
            else { return nil }
        } else {
            // Only an error may come without its question.
            guard questions == 0, answer[3] & 0xf != 0 else { return nil }
        }
        guard answer.count <= limit else {
            var cut = NameReply.encode(query, .success, limit: limit)
            cut[2] |= 0x02
            return cut
        }
        return [UInt8(query.id >> 8), UInt8(query.id & 0xff)] + answer.dropFirst(2)
    }
}
