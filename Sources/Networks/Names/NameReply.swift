// SPDX-License-Identifier: Apache-2.0
internal import Netlink

/// An answer made here.
struct NameReply {
    enum Answer: Equatable {
        case address(IPAddress)
        case name(String)
    }

    /// How long a container may keep an answer: short, since instances come and go.
    static let timeToLive: UInt32 = 2

    /// The packet; `limit` is the largest that the transport takes, beyond it only the truncation mark goes.
    static func encode(
        _ query: NameQuery,
        _ code: ResponseCode,
        _ answers: [Answer] = [],
        limit: Int
    ) -> [UInt8] {
        var packet = header(query.id, code, recursionDesired: query.recursionDesired, questions: 1)
        packet += query.question
        let options = query.hasEDNS ? edns(code) : []
        var records: [UInt8] = []
        for answer in answers { append(answer, to: &records) }
        if packet.count + records.count + options.count > limit {
            packet[2] |= 0x02
        } else {
            packet[6] = UInt8(answers.count >> 8)
            packet[7] = UInt8(answers.count & 0xff)
            packet += records
        }
        if query.hasEDNS { packet[11] = 1 }
        return packet + options
    }

    /// The answer to a packet whose question could not be read.
    static func refusal(_ code: ResponseCode, id: UInt16) -> [UInt8] {
        var packet = header(id, code, recursionDesired: false, questions: 0)
        guard code.rawValue > 15 else { return packet }
        packet[11] = 1
        return packet + edns(code)
    }

    private static func header(
        _ id: UInt16,
        _ code: ResponseCode,
        recursionDesired: Bool,
        questions: UInt8
    ) -> [UInt8] {
        // Answer, recursion available; not authoritative.
        [
            UInt8(id >> 8), UInt8(id & 0xff), 0x80 | (recursionDesired ? 1 : 0),
            0x80 | UInt8(code.rawValue & 0xf), 0, questions, 0, 0, 0, 0, 0, 0,
        ]
    }

    /// Our own options record: no name, we take 1,232 bytes, the upper bits of the code, version 0.
    private static func edns(_ code: ResponseCode) -> [UInt8] {
        [0, 0, UInt8(RecordType.options), 0x04, 0xd0, UInt8(code.rawValue >> 4), 0, 0, 0, 0, 0]
    }

    private static func append(_ answer: Answer, to records: inout [UInt8]) {
        let payload: [UInt8]
        let type: UInt16
        switch answer {
        case .address(let address):
            payload = address.bytes
            type = address.isV4 ? RecordType.a : RecordType.aaaa
        case .name(let name):
            payload =
                name.split(separator: ".").flatMap { [UInt8(min($0.utf8.count, 63))] + $0.utf8.prefix(63) }
                + [0]
            type = RecordType.pointer
        }
        // The name is a pointer to the question's, at byte 12.
        records += [0xc0, 12, UInt8(type >> 8), UInt8(type & 0xff), 0, 1]
        for shift in [24, 16, 8, 0] { records.append(UInt8(timeToLive >> UInt32(shift) & 0xff)) }
        records += [UInt8(payload.count >> 8), UInt8(payload.count & 0xff)] + payload
    }
}
