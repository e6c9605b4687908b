// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import TestKit
internal import Testing

@testable internal import Logs

@Suite struct JSONTextTests {
    private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
        var text = JSONText()
        text.quote(bytes)
        return text.bytes
    }

    @Test(arguments: [
        ("", #""""#),
        ("plain text of more than eight bytes", #""plain text of more than eight bytes""#),
        (#"a "quoted" word"#, #""a \"quoted\" word""#),
        (#"C:\temp\0"#, #""C:\\temp\\0""#),
        ("\u{08}\t\n\u{0C}\r", #""\b\t\n\f\r""#),
        ("\0\u{1}\u{1B}[31m\u{1F}\u{7F}", "\"\\u0000\\u0001\\u001b[31m\\u001f\u{7F}\""),
        ("größer als 8 Bytes, 日本語, 🐦", #""größer als 8 Bytes, 日本語, 🐦""#),
    ])
    func `a text is quoted`(_ text: String, _ json: String) {
        #expect(String(decoding: Self.quoted(Array(text.utf8)), as: UTF8.self) == json)
    }

    @Test(
        arguments: [
            // A lone continuation, an overlong form, a surrogate, one above U+10FFFF, and one that was cut.
            ([0x80], "\u{FFFD}"), ([0x61, 0xC0, 0xAF, 0x62], "a\u{FFFD}\u{FFFD}b"),
            ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xF5, 0x80], "\u{FFFD}\u{FFFD}"),
            ([0xF0, 0x9F, 0x90], "\u{FFFD}"), ([0xE2, 0x82, 0x61], "\u{FFFD}a"),
        ] as [([UInt8], String)]
    )
    func `what is not UTF-8 is replaced`(_ bytes: [UInt8], _ text: String) {
        #expect(Self.quoted(bytes) == Array("\"\(text)\"".utf8))
    }

    /// Texts that are mostly plain, mostly not, and of every length around that of a word.
    @Test func `any bytes can be read by another decoder, as the same text`() throws {
        var random = SeededGenerator(seed: 7)
        let pieces: [[UInt8]] = [
            Array("a plain part, ".utf8), Array("\"\\\n\0".utf8), Array("ü€🐦".utf8), [0xFF], [0xE2, 0x82],
            [0xF0],
        ]
        for round in 0..<5_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                bytes +=
                    round % 2 == 0
                    ? [UInt8.random(in: 0...255, using: &random)] : pieces.randomElement(using: &random) ?? []
            }
            let decoded = try JSONDecoder().decode(
                [String].self,
                from: Data("[".utf8 + Self.quoted(bytes) + "]".utf8)
            )
            #expect(decoded == [String(decoding: bytes, as: UTF8.self)], "\(bytes)")
            let isText = bytes.withUnsafeBytes { UTF8Sequence.isText($0) }
            #expect(isText == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }

    @Test(arguments: [0, 9, 10, 1_234_567_890, UInt64.max]) func `a number has its digits`(_ number: UInt64) {
        var text = JSONText()
        text.append(number)
        #expect(text.bytes == Array("\(number)".utf8))
    }
}
