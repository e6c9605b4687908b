// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Testing

@testable internal import Control

/// Lines of an apply, read without a decoder.
@Suite struct ApplyProgressTests {
    static let words = [
        "", "many", "clickme/web/1: it ended", "a \"quoted\" \\ word", "\u{1}\t\n\u{7f}", "größer 🐦", "a/b",
    ]

    private func line(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    private func plain(_ line: [UInt8]) -> ApplyProgress? {
        line.withUnsafeBytes { ApplyProgress(plain: $0) }
    }

    @Test(arguments: ApplyProgressTests.words, ["accepted", "rolled-back", "converged"])
    func `what the agent writes is read as the decoder reads it`(_ word: String, _ kind: String) throws {
        let progress = ApplyProgress(
            kind: try #require(ApplyProgress.Kind(rawValue: kind)),
            app: "many",
            generation: 2_000_000_000,
            digest: "sha256:00",
            done: 0,
            total: 17,
            reason: word
        )
        #expect(try plain(line(progress)) == progress)
    }

    @Test func `all else is left to the decoder`() throws {
        var progress = ApplyProgress(
            kind: .step,
            app: "many",
            generation: 1,
            digest: "sha256:00",
            done: 1,
            total: 2
        )
        let whole = try line(progress)
        for end in 0..<whole.count { #expect(plain(Array(whole[..<end])) == nil) }
        #expect(plain(whole + [0x20]) == nil && plain([0x20] + whole) == nil)
        progress.pull = PullProgress(image: "a", layer: "sha256:00", state: "transferring", done: 1, total: 2)
        #expect(try plain(line(progress)) == nil)
        let text = String(decoding: whole, as: UTF8.self)
        for (old, new) in [
            ("\"step\"", "\"jump\""), ("\"done\":1", "\"done\":-1"), ("\"done\":1", "\"done\":1.0"),
            ("\"total\":2", "\"total\":99999999999999999999"), ("\"many\"", "\"\\ud83d\""),
            (",\"total\"", ",\"new\":1,\"total\""),
        ] { #expect(plain(Array(text.replacing(old, with: new).utf8)) == nil, "\(new)") }
        #expect(plain(Array(text.utf8).map { $0 == UInt8(ascii: "m") ? 0xFF : $0 }) == nil)
    }
}
