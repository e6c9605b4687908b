// SPDX-License-Identifier: Apache-2.0
internal import Netlink
internal import Testing

@testable internal import Networks

/// Makes query packets.
enum Ask {
    static func packet(
        _ name: String,
        _ type: UInt16 = RecordType.a,
        id: UInt16 = 0x1234,
        edns: UInt16? = nil
    ) -> [UInt8] {
        var bytes: [UInt8] = [
            UInt8(id >> 8), UInt8(id & 0xff), 1, 0, 0, 1, 0, 0, 0, 0, 0, edns == nil ? 0 : 1,
        ]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + label.utf8 }
        bytes += [0, UInt8(type >> 8), UInt8(type & 0xff), 0, 1]
        if let edns { bytes += [0, 0, 41, UInt8(edns >> 8), UInt8(edns & 0xff), 0, 0, 0, 0, 0, 0] }
        return bytes
    }

    /// The response code and the addresses of an answer with one question.
    static func read(_ packet: [UInt8]?) -> (code: Int, truncated: Bool, addresses: [String])? {
        guard let packet, packet.count >= 12, packet[2] & 0x80 != 0 else { return nil }
        var reader = NameReader(packet, at: 12)
        if packet[5] == 1 {
            guard reader.plainName() != nil, reader.long() != nil else { return nil }
        }
        var addresses: [String] = []
        for _ in 0..<(Int(packet[6]) << 8 | Int(packet[7])) {
            guard let record = reader.record() else { return nil }
            let size = record.type == RecordType.a ? 4 : 16
            if record.type == RecordType.a || record.type == RecordType.aaaa {
                addresses +=
                    IPAddress(bytes: packet[reader.position - size..<reader.position]).map { ["\($0)"] } ?? []
            } else {
                addresses.append("record \(record.type)")
            }
        }
        return (Int(packet[3] & 0xf), packet[2] & 2 != 0, addresses)
    }
}

@Suite struct NameQueryTests {
    private static let table = NameTable(
        [
            NameTable.Entry(
                app: "clickme",
                service: "web",
                container: "web-1",
                aliases: ["Front"],
                addresses: [.v4(0x0a4d_0002), .v6(0xfd00 << 48, 2)]
            ),
            NameTable.Entry(
                app: "clickme",
                service: "web",
                container: "web-2",
                addresses: [.v4(0x0a4d_0003)]
            ),
            NameTable.Entry(app: "clickme", service: "db", container: "db-1", addresses: [.v4(0x0a4d_0004)]),
        ],
        subnets: [AddressPrefix(classB: 0x0a4d_0000)]
    )

    @Test(
        arguments: [
            ("web", RecordType.a, 0, ["10.77.0.2", "10.77.0.3"]),
            ("WEB", RecordType.aaaa, 0, ["fd00::2"]),
            ("web.clickme", RecordType.a, 0, ["10.77.0.2", "10.77.0.3"]),
            ("web-2", RecordType.a, 0, ["10.77.0.3"]),
            ("web-2.clickme", RecordType.a, 0, ["10.77.0.3"]),
            ("front", RecordType.a, 0, ["10.77.0.2"]),
            ("db", RecordType.aaaa, 0, []),  // only v4: no error, no answer
            ("db", 15, 0, []),  // MX
            ("nothing", RecordType.a, 3, []),
            ("2.0.77.10.in-addr.arpa", RecordType.pointer, 0, ["record 12"]),
            ("9.0.77.10.in-addr.arpa", RecordType.pointer, 3, []),
            ("db", RecordType.transfer, 5, []),
        ] as [(String, UInt16, Int, [String])]
    )
    func `a question has its answer`(_ row: (String, UInt16, Int, [String])) throws {
        let decision = NameDecision.decide(
            Ask.packet(row.0, row.1),
            table: Self.table,
            forwards: false,
            turn: 0
        )
        guard case .reply(let bytes) = decision else {
            Issue.record("\(decision)")
            return
        }
        let answer = try #require(Ask.read(bytes))
        #expect(answer.code == row.2 && answer.addresses == row.3 && !answer.truncated)
        #expect(bytes.prefix(2) == [0x12, 0x34])
    }

    @Test func `a reverse answer is the container's name`() {
        let name = "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"
        #expect(
            Self.table.find(name, type: RecordType.pointer, turn: 0) == .answers([.name("web-1.clickme")])
        )
    }

    @Test(arguments: [
        ("store", UInt32(0x0a4d_0002), ["10.77.0.9"]), ("STORE", 0x0a4d_0002, ["10.77.0.9"]),
        ("store", 0x0a4d_0003, []), ("db", 0x0a4d_0002, ["10.77.0.9"]),
    ])
    func `a linked name is told to one container only`(_ name: String, _ asker: UInt32, _ found: [String]) {
        let entry = NameTable.Entry(app: "a", service: "db", container: "db-1", addresses: [.v4(0x0a4d_0009)])
        let link = NameTable.Link(asker: .v4(0x0a4d_0002), alias: "Store", service: "db")
        let decision = NameDecision.decide(
            Ask.packet(name),
            table: NameTable([entry], links: [link]),
            forwards: false,
            turn: 0,
            asker: .v4(asker)
        )
        guard case .reply(let bytes) = decision else { return #expect(Bool(false), "\(decision)") }
        #expect(Ask.read(bytes)?.addresses == found)
    }

    @Test func `instances take turns`() {
        let firsts = (0..<4).map { turn -> String in
            guard
                case .reply(let bytes) = NameDecision.decide(
                    Ask.packet("web"),
                    table: Self.table,
                    forwards: true,
                    turn: turn
                )
            else { return "" }
            return Ask.read(bytes)?.addresses.first ?? ""
        }
        #expect(firsts == ["10.77.0.2", "10.77.0.3", "10.77.0.2", "10.77.0.3"])
    }

    @Test func `an answer that is too long for the asker is marked as cut`() throws {
        let entries = (1...100).map {
            NameTable.Entry(
                app: "a",
                service: "web",
                container: "web-\($0)",
                addresses: [.v4(0x0a4d_0000 + UInt32($0))]
            )
        }
        let table = NameTable(entries)
        let cases: [(UInt16?, Int?, Bool, Int)] = [
            (nil, nil, true, 0), (1232, nil, true, 0), (4096, nil, false, 100), (nil, 65_535, false, 100),
        ]
        for (edns, limit, cut, count) in cases {
            guard
                case .reply(let bytes) = NameDecision.decide(
                    Ask.packet("web", edns: edns),
                    table: table,
                    forwards: true,
                    turn: 0,
                    limit: limit
                )
            else {
                Issue.record("no reply")
                continue
            }
            let answer = try #require(Ask.read(bytes))
            #expect(answer.truncated == cut && answer.addresses.count == count)
            #expect(bytes.count <= limit ?? Int(edns ?? 512))
            // With EDNS asked for, our own options record ends the answer.
            #expect((bytes[11] == 1) == (edns != nil))
        }
    }

    @Test func `what is no query gets the code it deserves or silence`() {
        let good = Ask.packet("web", edns: 1232)
        let end = good.count - 11
        var table: [(String, [UInt8], NameDecision?)] = [
            ("empty", [], .drop),
            ("an answer", patched(good, 2, 0x81), .drop),
            ("an opcode", patched(good, 2, 0x29), code(.notImplemented)),
            ("no question", patched(good, 5, 0), code(.formatError)),
            ("two questions", patched(good, 5, 2), code(.formatError)),
            ("answers in a query", patched(good, 7, 1), code(.formatError)),
            ("a label of 64", patched(good, 12, 64), code(.formatError)),
            ("a pointer to itself", patched(patched(good, 12, 0xc0), 13, 12), code(.formatError)),
            ("a label past the end", patched(good, 12, 63), code(.formatError)),
            ("EDNS version 1", patched(good, end + 6, 1), code(.badVersion)),
            ("options with an owner", patched(good, end, 1), code(.formatError)),
            ("options past the end", patched(good, end + 10, 9), code(.formatError)),
            ("more records than bytes", patched(good, 11, 4), code(.formatError)),
            ("very long", good + [UInt8](repeating: 0, count: 5_000), code(.formatError)),
        ]
        for length in 12..<good.count {
            table.append(("cut at \(length)", Array(good.prefix(length)), code(.formatError)))
        }
        let long = (0..<5).map { _ in String(repeating: "x", count: 60) }.joined(separator: ".")
        table.append(("a name over 255", Ask.packet(long), code(.formatError)))
        for (what, packet, expected) in table {
            let decision = NameDecision.decide(packet, table: Self.table, forwards: true, turn: 0)
            #expect(decision == expected, "\(what)")
        }
    }

    @Test func `a thousand broken packets crash nothing and stay small`() {
        var random = SystemRandomNumberGenerator()
        let seeds = [
            Ask.packet("web"), Ask.packet("web.clickme", RecordType.aaaa, edns: 4096),
            Ask.packet("2.0.77.10.in-addr.arpa", RecordType.pointer, edns: 512),
        ]
        for round in 0..<1_000 {
            var packet = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                packet[Int.random(in: 0..<packet.count, using: &random)] = UInt8.random(
                    in: 0...255,
                    using: &random
                )
            }
            if round % 3 == 0 { packet.removeLast(Int.random(in: 0..<packet.count, using: &random)) }
            if round % 5 == 0 { packet += (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) } }
            if case .reply(let bytes) = NameDecision.decide(
                packet,
                table: Self.table,
                forwards: true,
                turn: round
            ) {
                #expect(bytes.count <= 4_096)
            }
            if let query = try? NameQuery(seeds[0]) {
                _ = NameDecision.relay(packet, to: query, sentAs: 0x1234, limit: 512)
            }
        }
    }

    @Test func `only an answer to the very question is relayed`() throws {
        let query = try NameQuery(Ask.packet("example.org"))
        let answer = patched(Ask.packet("example.org", id: 0x5678), 2, 0x81)
        let relayed = try #require(NameDecision.relay(answer, to: query, sentAs: 0x5678, limit: 512))
        #expect(relayed == patched(Ask.packet("example.org"), 2, 0x81))
        #expect(NameDecision.relay(answer, to: query, sentAs: 0x5679, limit: 512) == nil)
        #expect(
            NameDecision.relay(
                patched(Ask.packet("example.com", id: 0x5678), 2, 0x81),
                to: query,
                sentAs: 0x5678,
                limit: 512
            ) == nil
        )
        #expect(
            NameDecision.relay(Ask.packet("example.org", id: 0x5678), to: query, sentAs: 0x5678, limit: 512)
                == nil
        )
        let long = answer + [UInt8](repeating: 0, count: 600)
        #expect(Ask.read(NameDecision.relay(long, to: query, sentAs: 0x5678, limit: 512))?.truncated == true)
    }

    @Test func `resolvers are read as the C library reads them`() {
        let text =
            "# c\nsearch a\nnameserver 192.0.2.1\n nameserver\tfd00::1 # x\nnameserver bad\nnameserver 1.1.1.1\nnameserver 8.8.8.8\n"
        #expect(Resolvers.parse(text).map(\.address.description) == ["192.0.2.1", "fd00::1", "1.1.1.1"])
    }

    private func code(_ code: ResponseCode) -> NameDecision { .reply(NameReply.refusal(code, id: 0x1234)) }

    private func patched(_ bytes: [UInt8], _ at: Int, _ value: UInt8) -> [UInt8] {
        var bytes = bytes
        bytes[at] = value
        return bytes
    }
}
