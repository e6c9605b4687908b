// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Testing

/// RFC 8259, and the bounds beside it.
@Suite struct JSONTests {
    @Test(
        arguments: [
            ("null", .null), ("true", .bool(true)), ("false", .bool(false)), (" \t\r\n null \t\r\n ", .null),
            ("0", 0), ("-0", 0), ("7", 7), ("-1", -1), ("1234567890", 1_234_567_890),
            ("9223372036854775807", .number(.integer(.max))),
            ("-9223372036854775808", .number(.integer(.min))),
            ("9223372036854775808", .number(.natural(1 << 63))),
            ("18446744073709551615", .number(.natural(.max))),
            ("18446744073709551616", .number(.real(0x1p64))),
            ("-9223372036854775809", .number(.real(-0x1p63))),
            ("100000000000000000000000000000", .number(.real(1e29))),
            ("0.5", .number(.real(0.5))), ("-0.0", .number(.real(-0.0))), ("1.0", .number(.real(1))),
            ("1e2", .number(.real(100))), ("1E+2", .number(.real(100))), ("25e-2", .number(.real(0.25))),
            ("0e0", .number(.real(0))), ("1.5E1", .number(.real(15))), ("1e-999", .number(.real(0))),
            (#""""#, ""), (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u0041\u00e9\u20AC\uFFFF""#, "Aé€\u{ffff}"), (#""\u0000""#, "\u{0}"),
            (#""a\u0000b""#, "a\u{0}b"),
            (#""\ud83d\ude00x""#, "😀x"), (#""\uDBFF\uDFFF""#, "\u{10ffff}"), (#""é€😀""#, "é€😀"),
            ("\"\u{7f}\u{2028}\"", "\u{7f}\u{2028}"),
            (#""a long one, beyond fifteen bytes""#, "a long one, beyond fifteen bytes"),
            (#""a long one\nwith \"escapes\"""#, "a long one\nwith \"escapes\""),
            ("[]", []), ("[ ]", []), ("[1,[2],{}]", [1, [2], [:]]), ("[ 1 , 2 ]", [1, 2]),
            ("[null,null]", .array([.null, .null])),
            ("{}", [:]), ("{ }", [:]), (#"{"a":1,"b":[true]}"#, ["a": 1, "b": [true]]),
            (#"{ "a" : 1 , "" : "" }"#, ["a": 1, "": ""]), (#"{"z":1,"a":2}"#, ["z": 1, "a": 2]),
        ] as [(String, JSON)]
    )
    func `a text of the grammar is read exactly`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: Array(text.utf8)) == value)
    }

    @Test(
        arguments: [
            ("", "1:1: expected a value, not the end of the text"),
            ("  \n ", "2:2: expected a value, not the end of the text"),
            ("nul", "1:1: expected a value"), ("True", "1:1: expected a value"),
            ("nulll", "1:5: something follows"),
            ("NaN", "1:1: expected a value"), ("Infinity", "1:1: expected a value"),
            ("-Infinity", "1:2: expected a digit"),
            ("'a'", "1:1: expected a value"), ("// a\n1", "1:1: expected a value"),
            ("1 /* a */", "1:3: something follows"),
            ("+1", "1:1: expected a value"), ("-", "1:2: expected a digit"), ("--1", "1:2: expected a digit"),
            ("01", "1:1: a number that begins with 0"), ("-01", "1:2: a number that begins with 0"),
            ("00", "1:1: a number that"),
            ("1.", "1:3: expected a digit"), (".5", "1:1: expected a value"),
            ("1.e1", "1:3: expected a digit"),
            ("1e", "1:3: expected a digit"), ("1e+", "1:4: expected a digit"),
            ("1e1.5", "1:4: something follows"),
            ("0x10", "1:2: something follows"), ("1_000", "1:2: something follows"),
            ("1e999", "1:1: a number too large"),
            ("-1e999", "1:1: a number too large"), ("1 2", "1:3: something follows"),
            ("[1]]", "1:4: something follows"),
            ("{}{}", "1:3: something follows"), ("null\u{0}", "1:5: something follows"),
            ("\u{0}", "1:1: expected a value"),
            ("\u{feff}1", "1:1: a byte order mark"), ("1\u{a0}", "1:2: something follows"),
            ("\u{b}1", "1:1: expected a value"),
            ("[", "1:2: expected a value, not the end of the text"), ("[1", "1:3: expected ',' or ']'"),
            ("[1,", "1:4: expected a value"),
            ("[1,]", "1:4: expected a value"), ("[,1]", "1:2: expected a value"),
            ("[1 2]", "1:4: expected ','"), ("[1}", "1:3: expected ','"),
            ("{", "1:2: expected a member's name"), ("{1:2}", "1:2: expected a member's name"),
            ("{a:1}", "1:2: expected a member's name"),
            (#"{"a"}"#, "1:5: expected ':'"), (#"{"a":}"#, "1:6: expected a value"),
            (#"{"a":1,}"#, "1:8: expected a member's name"),
            (#"{"a":1 "b":2}"#, "1:8: expected ',' or '}'"), (#"{"a":1]"#, "1:7: expected ',' or '}'"),
            (#"{"a":1"#, "1:7: expected ',' or '}'"),
            (#"{"a" 1}"#, "1:6: expected ':'"), (#"{"a":1,"a":2}"#, "1:8: the member \"a\" is there twice"),
            (#"{"a":1,"\u0061":1}"#, "1:8: the member \"a\" is there twice"),
            ("{\"\u{e9}\":1,\"e\u{301}\":2}", "1:8: the member"),
            ("{\n \"b\": {\"x\": 1,\n  \"x\": 1}}", "3:3: the member \"x\" is there twice"),
            ("\"", "1:2: the text ends within a string"), ("\"a", "1:3: the text ends within a string"),
            (#""a\"#, "1:4: an unknown escape"),
            (#""\"#, "1:3: an unknown escape"), (#""\x41""#, "1:3: an unknown escape"),
            (#""\'""#, "1:3: an unknown escape"),
            (#""\U0041""#, "1:3: an unknown escape"), (#""\u12""#, "1:6: expected four hexadecimal"),
            (#""\u12g4""#, "1:6: expected four"),
            (#""\u""#, "1:4: expected four"), (#""\u12"#, "1:6: expected four"),
            (#""\u-123""#, "1:4: expected four"),
            (#""\ud800""#, "1:2: half a surrogate pair"), (#""\udc00""#, "1:2: half a surrogate pair"),
            (#""ab\ud83d""#, "1:4: half a surrogate pair"), (#""\ud83dx""#, "1:2: half a surrogate"),
            (#""\ud83d\n""#, "1:2: half"),
            (#""\ud83d\u0041""#, "1:2: half a surrogate pair"),
            (#""\ud83d\ud83d""#, "1:2: half a surrogate pair"),
            (#""\ude00\ud83d""#, "1:2: half a surrogate pair"), (#""\ud83d\"#, "1:2: half"),
            (#""\ud83d\u"#, "1:10: expected four"),
            ("\"a\nb\"", "1:3: a control character"), ("\"a\u{0}\"", "1:3: a control character"),
            ("\"\t\"", "1:2: a control character"),
            ("\"\u{1f}\"", "1:2: a control character"), ("[\"é\",\n \"€\u{1}\"]", "2:4: a control character"),
        ] as [(String, String)]
    )
    func `what is not JSON is refused where it begins`(text: String, message: String) throws {
        let error = try #require(throws: JSON.SyntaxError.self) { _ = try JSON(parsing: Array(text.utf8)) }
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    // Unicode 3.9: overlong forms, surrogates, beyond the last scalar, cut short, alone.
    @Test(
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3], [0xc3, 0x41], [0xe0, 0x80, 0x80],
            [0xe2, 0x82], [0xed, 0xa0, 0x80],
            [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0xfe], [0xff],
            [0xf0, 0x9f, 0x98],
        ] as [[UInt8]]
    )
    func `a string that is not UTF-8 is refused`(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        for text in [[quote] + bytes + [quote], [quote] + Array("a\\n".utf8) + bytes + [quote]] {
            #expect(throws: JSON.SyntaxError.self) { _ = try JSON(parsing: text) }
            #expect(throws: JSON.SyntaxError.self) {
                _ = try JSON(parsing: [UInt8(ascii: "{")] + text + Array(":1}".utf8))
            }
        }
        #expect(throws: JSON.SyntaxError.self) { _ = try JSON(parsing: bytes) }
    }

    @Test func `depth is bounded before the stack is`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSON(parsing: nested(64))
        let error = try #require(throws: JSON.SyntaxError.self) { _ = try JSON(parsing: nested(65)) }
        #expect(error.description == "1:65: more than 64 levels: flatten the text")
        #expect(throws: JSON.SyntaxError.self) {
            _ = try JSON(parsing: Array(repeating: UInt8(ascii: "["), count: 1 << 20))
        }
        let objects = String(repeating: #"{"a":"#, count: 65) + "1" + String(repeating: "}", count: 65)
        #expect(throws: JSON.SyntaxError.self) { _ = try JSON(parsing: Array(objects.utf8)) }
    }

    @Test func `size and number of values are bounded`() throws {
        var limits = JSON.Limits()
        #expect(limits.bytes == 16 << 20 && limits.depth == 64)
        limits.bytes = 8
        _ = try JSON(parsing: Array("[1,2,30]".utf8), limits: limits)
        let long = try #require(throws: JSON.SyntaxError.self) {
            _ = try JSON(parsing: Array("[1,2,34]1".utf8), limits: limits)
        }
        #expect(long.description == "1:1: the text is longer than 8 bytes: shorten it")
        limits.nodes = 3
        _ = try JSON(parsing: Array("[1,2]".utf8), limits: limits)
        #expect(throws: JSON.SyntaxError.self) {
            _ = try JSON(parsing: Array("[1,2,3]".utf8), limits: limits)
        }
        let zeros = "[" + String(repeating: "0,", count: 1 << 18) + "0]"
        #expect(throws: JSON.SyntaxError.self) { _ = try JSON(parsing: Array(zeros.utf8)) }
    }

    @Test(arguments: [15, 16, 17, 18, 1000])
    func `a key twice is found among many`(count: Int) throws {
        let keys = (0..<count).map { "\"key number \($0)\":\($0)" }
        let value = try JSON(parsing: Array("{\(keys.joined(separator: ","))}".utf8))
        #expect(value["key number \(count - 1)"] == JSON(count - 1) && value["other"] == nil)
        for index in [0, count / 2, count - 1] {
            let twice = "{\((keys + [keys[index]]).joined(separator: ","))}"
            #expect(throws: JSON.SyntaxError.self) { _ = try JSON(parsing: Array(twice.utf8)) }
        }
    }

    // U+212A KELVIN SIGN has K as its normal form.
    @Test func `a member is found by its exact name`() {
        #expect(JSON.object([.init("\u{212a}", 1)])["K"] == nil)
        #expect(JSON.object([.init("K", 1)])["K"] == 1)
        #expect((["K": 1] as JSON)["k"] == nil && JSON.null["K"] == nil)
    }

    // MARK: Writing

    @Test(
        arguments: [
            (.null, "null"), (true, "true"), (false, "false"), (0, "0"), (-5, "-5"),
            (JSON(UInt64.max), "18446744073709551615"),
            (JSON(Int64.min), "-9223372036854775808"), (JSON(UInt8(200)), "200"),
            (.number(.real(0.5)), "0.5"), (.number(.real(1e300)), "1e+300"),
            (.number(.real(.nan)), "null"), (.number(.real(.infinity)), "null"), ("", #""""#),
            ("a/b<>&é😀", #""a/b<>&é😀""#),
            (
                "\"\\\u{0}\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}\u{7f}",
                "\"\\\"\\\\\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\u{7f}\""
            ),
            ([], "[]"), ([:], "{}"), ([1, [], ["a": [:]]], #"[1,[],{"a":{}}]"#),
            (["b": 1, "a": 2], #"{"b":1,"a":2}"#),
            (["\"": "\n"], #"{"\"":"\n"}"#), (JSON(["b": "2", "a": "1"]), #"{"a":"1","b":"2"}"#),
        ] as [(JSON, String)]
    )
    func `a value is written compactly`(value: JSON, text: String) {
        #expect(value.text() == text)
    }

    @Test func `a value is written with indentation`() {
        let value: JSON = ["a": [], "b": [1, ["c": [:], "d": "e"]], "f": nil ?? .null]
        #expect(
            value.text(.indented(by: "  ")) == """
                {
                  "a": [],
                  "b": [
                    1,
                    {
                      "c": {},
                      "d": "e"
                    }
                  ],
                  "f": null
                }
                """
        )
        #expect((["a": [1]] as JSON).text(.indented(by: "\t")) == "{\n\t\"a\": [\n\t\t1\n\t]\n}")
    }
}
