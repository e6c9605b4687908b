// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Patterns
internal import Testing

/// Expressions at random: beside regexec(3), and as noise.
@Suite struct PatternFuzzTests {
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static let rounds = getenv("MARTLET_SOAK") == nil ? 4_000 : 400_000

    private func expression(_ depth: Int, _ dice: inout Dice) -> String {
        let plain = ["a", "b", "c", "[ab]", "[^a]", ".", "ab"]
        guard depth > 0 else { return plain[Int.random(in: 0..<plain.count, using: &dice)] }
        func inner() -> String { expression(depth - 1, &dice) }
        switch Int.random(in: 0..<7, using: &dice) {
        case 0: return inner() + inner()
        case 1: return "(\(inner())|\(inner()))"
        case 2: return "(\(inner()))*"
        case 3: return "(\(inner()))+"
        case 4: return "(\(inner()))?"
        case 5: return "(\(inner())){1,3}"
        default: return inner()
        }
    }

    @Test func `there is a match where regexec finds one, and nowhere else`() throws {
        var dice = Dice(state: 1)
        for _ in 0..<Self.rounds {
            // Not inside of what is repeated: there regexec finds more than there is, as in '((^.)?)+$' of 'ab'.
            let start = Int.random(in: 0..<4, using: &dice) == 0 ? "^" : ""
            let end = Int.random(in: 0..<4, using: &dice) == 0 ? "$" : ""
            let text = "\(start)(\(expression(3, &dice)))\(end)"
            var other = regex_t()
            guard regcomp(&other, text, REG_EXTENDED) == 0 else { continue }
            defer { regfree(&other) }
            let search = PatternSearch(try Pattern(text))
            for _ in 0..<4 {
                let length = Int.random(in: 0...12, using: &dice)
                let line = String((0..<length).map { _ in "abcd".randomElement(using: &dice) ?? "a" })
                var range = regmatch_t()
                let wanted = regexec(&other, line, 1, &range, 0) == 0
                let found = Array(line.utf8).withUnsafeBytes { search.firstMatch(in: $0) }
                #expect((found != nil) == wanted, "\(text) in \(line)")
                // Perl and POSIX differ in the end of a match, never in its beginning.
                if let found { #expect(found.lowerBound == Int(range.rm_so), "\(text) in \(line)") }
            }
        }
    }

    @Test func `noise is refused or matched, and takes one pass`() {
        var dice = Dice(state: 2)
        let pieces = [
            "(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "^", "$", "\\", ".", "-", ",", ":", "1", "a",
            "i",
            "\\b", "\\d", "(?i)", "[:alpha:]", "ä", "\u{1F600}", "{2,3}", "x41", "\u{0}",
        ]
        for _ in 0..<Self.rounds {
            let count = Int.random(in: 0...12, using: &dice)
            let text = (0..<count).map { _ in pieces.randomElement(using: &dice) ?? "" }.joined()
            do throws(PatternError) {
                let search = PatternSearch(try Pattern(text))
                let line = (0..<64).map { _ in UInt8.random(in: 0...255, using: &dice) }
                if let range = line.withUnsafeBytes({ search.firstMatch(in: $0) }) {
                    #expect(range.upperBound <= line.count)
                }
                #expect(search.visited <= line.count + 1)
            } catch {
                #expect(!error.what.isEmpty)
            }
        }
    }
}
