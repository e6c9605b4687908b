// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Linux

@Suite struct MemoryTests {
    @Test(
        arguments: [
            ("5555-6000 r-xp 00001000 08:01 77 /usr/bin/martlet", 0x5555..<0x6000),
            ("5555-6000 r-xp 00001000 08:01 77 /a folder/martlet (deleted)", 0x5555..<0x6000),
            // What may have been written, what is no file, and what is no line.
            ("5555-6000 r--p 00001000 08:01 77 /usr/bin/martlet", nil),
            ("5555-6000 rw-p 00001000 08:01 77 /usr/bin/martlet", nil),
            ("5555-6000 rwxp 00001000 08:01 77 /usr/bin/martlet", nil),
            ("5555-6000 r-xp 00000000 00:00 0 [vdso]", nil),
            ("5555-6000 r-xp 00000000 00:00 0", nil),
            ("6000-5555 r-xp 00001000 08:01 77 /usr/bin/martlet", nil), ("", nil),
        ] as [(String, Range<UInt>?)]
    )
    func `pages of programs are told from others`(_ line: String, _ range: Range<UInt>?) {
        #expect(Memory.program(in: line) == range)
    }

    @Test func `who gives memory back goes on`() throws {
        for _ in 0..<3 { try Memory.rest() }
        #expect((0..<100).map { "\($0)" }.joined().utf8.count == 190)
    }
}
