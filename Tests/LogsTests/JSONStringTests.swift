// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Logs

@Suite struct JSONStringTests {
    private static func read(_ text: [UInt8]) -> (line: [UInt8], rest: Int)? {
        var line = Array("> ".utf8)
        let end = text.withUnsafeBytes { JSONString.read($0, at: 0, to: &line) }
        return end.map { (line, text.count - $0) }
    }

    /// Texts that are mostly plain, mostly not, and of every length around that of a word.
    @Test func `what was quoted is read back, up to its end and behind what is there`() throws {
        var random = SeededGenerator(seed: 9)
        let pieces = ["a plain part, ", "\"", "\\", "\n", "\0", "\u{1f}", "\u{7f}", "ü€🐦", "/", "\\u0041"]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<9, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            var json = JSONText()
            json.quote(text)
            let found = try #require(Self.read(json.bytes.dropFirst() + Array(",\"x\"".utf8)), "\(text)")
            #expect(found.line == Array("> \(text)".utf8) && found.rest == 4, "\(text)")
        }
    }

    @Test(
        arguments: [
            "", "no end", "a long text without its end", #"cut\"#, #"cut\u"#, #"cut\u00"#, #"cut\u001"#,
            #"not ours \u0041""#, #"nor \u001B""#, #"nor \ud83d\udc26""#, #"nor \/""#, #"none \x""#,
            "raw\u{1f}\"", "a raw end of line\n\"",
        ]
    )
    func `what another would have written so, or nobody, is not taken`(_ text: String) {
        #expect(Self.read(Array(text.utf8)) == nil)
    }
}
