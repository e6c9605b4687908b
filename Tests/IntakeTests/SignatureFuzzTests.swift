// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import TestKit
internal import Testing

@testable internal import Intake

/// Whatever bytes come: an answer, and never a signature that is none.
@Suite(.enabled(if: geteuid() == 0, "needs root")) struct SignatureFuzzTests {
    /// The same with some bytes changed, left out, put in or cut off.
    private func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = bytes.indices.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(.random(in: 0 ... .max, using: &random), at: place)
            default: bytes.removeLast(bytes.count - place)
            }
        }
        return bytes
    }

    private func armoured(_ blob: [UInt8]) -> [UInt8] {
        Array("-----BEGIN SSH SIGNATURE-----\n\(Base64.encode(blob))\n-----END SSH SIGNATURE-----\n".utf8)
    }

    @Test(arguments: ["-t ed25519", "-t ecdsa -b 256", "-t rsa -b 3072"])
    func `no damage of a signature passes`(_ type: String) throws {
        let scratch = try Scratch()
        try scratch.key("key", type)
        try scratch.write("name: clickme\n", to: "state")
        try scratch.sign("state", "key")
        let state = try scratch.bytes("state")
        let lines = String(decoding: try scratch.bytes("state.sig"), as: UTF8.self).split(separator: "\n")
        let blob = try #require(Base64.decode(Array(lines.dropFirst().dropLast().joined().utf8)))
        #expect(try SSHSignature(armoured: armoured(blob)).isOver(state))
        let key = try SSHSignature(armoured: armoured(blob)).key
        var random = SeededGenerator(seed: 11)
        for _ in 0..<1_500 {
            let changed = damaged(blob, &random)
            guard changed != blob, let signature = try? SSHSignature(armoured: armoured(changed)) else {
                continue
            }
            let passes = (try? signature.isOver(state)) ?? false
            #expect(!passes || signature.key != key, "\(changed)")
        }
    }

    @Test func `no line of allowed signers and no commit does harm`() throws {
        let scratch = try Scratch()
        try scratch.key("key")
        let key = String(decoding: try scratch.bytes("key.pub"), as: UTF8.self)
        let line = Array(
            "a,b namespaces=\"git,x*\",valid-after=\"20200101\",valid-before=\"20300101120000Z\" \(key)".utf8
        )
        #expect(throws: Never.self) { try AllowedSigner(line: String(decoding: line, as: UTF8.self)) }
        let commit = Array(
            "tree \(String(repeating: "a", count: 40))\nauthor a\ngpgsig x\n y\n\nmessage\n".utf8
        )
        let whole = try #require(GitCommit(commit))
        #expect(whole.signature == Array("x\ny\n".utf8))
        #expect(String(decoding: whole.payload, as: UTF8.self).hasSuffix("\nauthor a\n\nmessage\n"))
        var random = SeededGenerator(seed: 12)
        for _ in 0..<20_000 {
            let text = String(decoding: damaged(line, &random), as: UTF8.self)
            if let signer = try? AllowedSigner(line: text) { _ = signer.refusal(for: "git", at: 0) }
            if let read = GitCommit(damaged(commit, &random)) {
                #expect(read.tree.utf8.count == 40 && read.payload.count <= commit.count + 4)
            }
        }
    }
}
