// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Sinks

@Suite struct ForwardHandshakeTests {
    private static func pong(_ isWelcome: Bool, _ reason: String, _ name: String, _ proof: String)
        -> MessagePackValue
    {
        .array([
            .bytes(Array("PONG".utf8)), .bool(isWelcome), .bytes(Array(reason.utf8)),
            .bytes(Array(name.utf8)),
            .bytes(Array(proof.utf8)),
        ])
    }
    private static let greeting = MessagePackValue.array([
        .bytes(Array("HELO".utf8)),
        .map([
            .init(key: .bytes(Array("nonce".utf8)), value: .bytes(Array("NNNN".utf8))),
            .init(key: .bytes(Array("auth".utf8)), value: .bytes(Array("AAAA".utf8))),
            .init(key: .bytes(Array("keepalive".utf8)), value: .bool(false)),
        ]),
    ])

    @Test func `both proofs are hashes of what only one who knows the key can hash`() throws {
        var handshake = ForwardHandshake(
            hostname: "us",
            key: Array("open".utf8),
            user: ("me", Array("sesame".utf8)),
            salt: "SALT"
        )
        // printf SALTusNNNNopen | sha512sum; printf AAAAmesesame | sha512sum
        let ours =
            "920686770a99ff83e843cc4f14899cc0aae60cfbc66ae69ddc35986e3fba8b71"
            + "2532c113de787c81416df69c3dc3f83a859a0339422e6c0bdbcd5bf004d9e1ab"
        let user =
            "cabdc841ba4136826b828ef1e16109c67e5710e88ea1f1c24a4e344115b4e85c"
            + "6c3da2c0e183bb1c769fb843e2b085b85eb908592cd85d70159cf6d2f94f5d54"
        let ping = try handshake.answer(Self.greeting)
        #expect(
            ping == hex("96 A4 50494E47 A2 7573 A4 53414C54 D9 80") + Array(ours.utf8)
                + hex("A2 6D65 D9 80") + Array(user.utf8)
        )
        #expect(!handshake.keepsAlive)
        // printf SALTthemNNNNopen | sha512sum
        let theirs =
            "448b7cd0d810565bb05b3365f73ade8a6bdeed90356e3351c21ec402a820f1e9"
            + "cac897c632500668183d862bc6fd921c78477b5f1f26b63585534bbdad974b21"
        try handshake.check(Self.pong(true, "", "them", theirs))
        for pong in [
            Self.pong(false, "no", "them", theirs), Self.pong(true, "", "us", ours),
            Self.pong(true, "", "them", ours),
            Self.pong(true, "", "them", ""), .null, .array([]), Self.greeting,
        ] {
            #expect(throws: ForwardHandshake.Flaw.self) { try handshake.check(pong) }
        }
    }

    @Test func `a receiver says what it likes, and is read to its bounds`() throws {
        var random = SeededGenerator(seed: 11)
        let ack = hex("81 A3 61636B B8") + [UInt8](repeating: 0x41, count: 24)
        for end in 0..<ack.count {
            var reader = MessagePackReader(Array(ack[..<end]))
            #expect(try reader.next() == nil)
        }
        var reader = MessagePackReader(ack + [0xC0])
        #expect(try reader.next()?["ack"] == .bytes([UInt8](repeating: 0x41, count: 24)))
        #expect(reader.index == ack.count)
        #expect(try reader.next() == .null)
        var read = 0
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var reader = MessagePackReader(bytes)
            while let value = try? reader.next() {
                _ = value["ack"]?.shown
                read += 1
            }
            #expect(reader.index <= bytes.count)
        }
        #expect(read > 20_000)
        // Announced, and not there.
        for bytes in [hex("DD FFFFFFFF C0"), hex("DF FFFFFFFF"), hex("C6 FFFFFFFF 00"), hex("C9 FFFFFFFF")] {
            var reader = MessagePackReader(bytes)
            #expect(try reader.next() == nil)
        }
        var nested = MessagePackReader([UInt8](repeating: 0x91, count: 1_000))
        #expect(throws: MessagePackValue.Flaw.self) { try nested.next() }
    }
}
