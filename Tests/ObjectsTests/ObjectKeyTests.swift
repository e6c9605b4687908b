// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Testing

@Suite struct ObjectKeyTests {
    @Test(arguments: [
        ("", "has an empty part"), ("/", "has an empty part"), ("/a", "has an empty part"),
        ("a/", "has an empty part"), ("a//b", "has an empty part"), (".", "has a part of dots"),
        ("..", "has a part of dots"), ("../a", "has a part of dots"), ("a/../b", "has a part of dots"),
        ("a/.", "has a part of dots"), ("a\u{0}b", "has a control character"),
        ("a\nb", "has a control character"), ("a\u{7F}", "has a control character"),
        ("a\u{85}", "has a control character"), ("\u{1B}[31m", "has a control character"),
        (String(repeating: "l", count: 256), "has a part longer than 255 bytes"),
        (String(repeating: "é", count: 128), "has a part longer than 255 bytes"),
        (String(repeating: "l/", count: 512) + "l", "is longer than 1024 bytes"),
    ])
    func `what is no key is refused`(_ text: String, _ words: String) throws {
        let error = try #require(throws: ObjectError.self) { try ObjectKey(text) }
        #expect(error.cause == .refused("\(error.reason)") && error.reason.contains(words))
        #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        #expect(error.description.unicodeScalars.count < 300)
    }

    @Test func `keys are the same and ordered by their bytes`() throws {
        let composed = try ObjectKey("caf\u{e9}"), decomposed = try ObjectKey("cafe\u{301}")
        #expect(composed != decomposed && Set([composed, decomposed]).count == 2 && decomposed < composed)
        let keys = try ["a/b", "a-b", "a0", "a", "Z"].map { try ObjectKey($0) }
        #expect(keys.sorted().map(\.text) == ["Z", "a", "a-b", "a/b", "a0"])
        #expect(
            try ObjectKey("a/bc/d").parts.map { String(decoding: $0, as: UTF8.self) } == ["a", "bc", "d"]
        )
        #expect(try ObjectKey(String(repeating: "l/", count: 511) + "ll").bytes.count == 1_024)
    }
}
