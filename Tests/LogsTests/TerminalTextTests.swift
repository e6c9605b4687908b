internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Logs

@Suite struct TerminalTextTests {
    @Test(
        arguments: [
            ([0x61, 0x09, 0x62], "a\tb"),
            (Array("prüfung ✓ 🐦".utf8), "prüfung ✓ 🐦"),
            (Array("\u{1b}]52;c;aGk=\u{07}".utf8), #"\x1b]52;c;aGk=\x07"#),
            (Array("\u{1b}[21t".utf8), #"\x1b[21t"#),
            ([0x0d, 0x0a, 0x00, 0x7f], #"\x0d\x0a\x00\x7f"#),
            ([0x9b, 0x33, 0x31, 0x6d], #"\x9b31m"#),
            (Array("\u{9b}31m\u{85}".utf8), #"\u{9b}31m\u{85}"#),
            (Array("a\u{202e}b\u{2066}c\u{200f}\u{061c}".utf8), #"a\u{202e}b\u{2066}c\u{200f}\u{61c}"#),
            (Array("a\u{2028}b".utf8), #"a\u{2028}b"#),
            ([0xc0, 0x9b, 0xe2, 0x82], #"\xc0\x9b\xe2\x82"#),
            ([0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80], #"\xed\xa0\x80\xf4\x90\x80\x80"#),
        ] as [([UInt8], String)]
    )
    func `what a terminal would obey is made visible`(_ bytes: [UInt8], _ expected: String) {
        #expect(TerminalText.sanitised(bytes) == expected)
    }

    @Test func `no noise gets a control byte through`() {
        var dice = Dice(state: 11)
        for _ in 0..<500 {
            let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &dice) }
            let text = TerminalText.sanitised(noise)
            let values = text.unicodeScalars.map(\.value)
            #expect(values.allSatisfy { $0 == 9 || ($0 >= 0x20 && !(0x7f...0x9f ~= $0)) })
        }
    }
}
