// SPDX-License-Identifier: Apache-2.0
internal import Patterns
internal import Testing

@Suite struct PatternTests {
    private func found(_ pattern: String, in text: String) throws -> String? {
        let search = PatternSearch(try Pattern(pattern)), bytes = Array(text.utf8)
        let range = bytes.withUnsafeBytes { search.firstMatch(in: $0) }
        return range.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("a", "xay", "a"), ("^a", "ba", nil), ("^a", "ab", "a"), ("a$", "ba", "a"), ("a$", "ab", nil),
            ("a|bc", "xbc", "bc"), ("a+", "baaac", "aaa"), ("a+?", "baaac", "a"), ("a*b", "caab", "aab"),
            ("a{2}", "caaab", "aa"), ("a{2,}", "caaab", "aaa"), ("a{1,2}", "caaab", "aa"),
            ("a{1,2}?", "caaab", "a"), ("a{,2}", "a{,2}", "a{,2}"), ("x{}", "x{}", "x{}"),
            ("[a-c]+", "xabcd", "abc"), ("[^a-c]+", "abxyc", "xy"), ("[]a]+", "x]a]", "]a]"),
            ("[a-]+", "x-a-", "-a-"), ("[\\d_]+", "ab1_2", "1_2"), ("[[:alpha:]]+", "12ab3", "ab"),
            ("[^[:space:]]+", "  ab c", "ab"), (".+", "ab\ncd", "ab"), ("(?:ab)+", "xababa", "abab"),
            ("(?i)token=\\S+", "a TOKEN=xyz b", "TOKEN=xyz"), ("a(?i)b(?-i)c", "aBc", "aBc"),
            ("a(?i:b)c", "aBC aBc", "aBc"), ("\\bcat\\b", "concat cat", "cat"),
            ("\\Bcat", "cat concat", "cat"),
            ("\\x41\\t", "xA\ty", "A\t"), ("größe", "die größe", "größe"), ("[äö]+", "xäöy", "äö"),
            ("(a|ab)(c|bcd)", "abcd", "abcd"), ("(|a)b", "ab", "ab"), ("(a*)*b", "aaab", "aaab"),
            ("password=.*?;", "password=1;2;", "password=1;"), ("", "abc", ""), ("\\.", "a.b", "."),
            ("\\_x", "_x", "_x"), ("a||b", "b", ""), ("()b", "ab", "b"),
        ] as [(String, String, String?)]
    )
    func `an expression finds the leftmost match that Perl would take`(
        _ pattern: String,
        _ text: String,
        _ match: String?
    ) throws {
        #expect(try found(pattern, in: text) == match)
    }

    @Test(arguments: [
        ("a)", "without '('"), ("(a", "without ')'"), ("[a", "without ']'"), ("*a", "repeats nothing"),
        ("a**", "a repeat of a repeat"), ("a\\", "ends with a backslash"), ("(a)\\1", "linear time"),
        ("(?=a)", "linear time"), ("(?<n>a)", "linear time"), ("(?P<n>a)", "'(?P' is not known"),
        ("\\q", "'\\q' is not known"), ("[z-a]", "ends before it begins"),
        ("a{2,1}", "ends before it begins"),
        ("a{5000}", "more than 1000 repeats"), ("[[:foo:]]", "is not known"), ("\\x4", "without two digits"),
        ("((a{100}){100}){100}", "more than 1000 states"), ("[^ä]", "cannot stand in these brackets"),
        ("a++", "possessive"),
        (String(repeating: "(", count: 40) + String(repeating: ")", count: 40), "nested more than 32"),
        (String(repeating: "a", count: 1_001), "longer than 1000 bytes"),
    ])
    func `what is no expression is told with its remedy`(_ pattern: String, _ what: String) {
        do throws(PatternError) {
            _ = try Pattern(pattern)
            Issue.record("\(pattern) is taken")
        } catch {
            #expect(error.description.contains(what), "\(error)")
        }
    }

    @Test func `the first of several patterns is taken where two begin`() throws {
        let search = PatternSearch(try Pattern(anyOf: ["ab", "abc", "x"]))
        let bytes = Array("zabcx".utf8)
        #expect(bytes.withUnsafeBytes { search.firstMatch(in: $0) } == 1..<3)
        #expect(bytes.withUnsafeBytes { search.firstMatch(in: $0, from: 3) } == 4..<5)
        #expect(try Pattern("a*").canBeEmpty)
        #expect(try !Pattern("a*b").canBeEmpty)
    }

    @Test(arguments: ["(a+)+$", "(a|aa)+$", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)x", "(a?){50}a{50}b"])
    func `an expression that hangs others takes one pass`(_ pattern: String) throws {
        let search = PatternSearch(try Pattern(pattern))
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 2_000) + Array("!".utf8)
        #expect(text.withUnsafeBytes { search.firstMatch(in: $0) } == nil)
        #expect(search.visited <= text.count + 1)
    }
}
