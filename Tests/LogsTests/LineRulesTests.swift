// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Testing

@testable internal import Logs

/// What comes of lines before the spool, whatever the batches are.
@Suite struct LineRulesTests {
    private func secret(_ name: String, _ text: String) -> LineRules.Secret {
        Array(text.utf8).withUnsafeBytes { .init(name, SecretContent($0)) }
    }

    /// What comes of a text that arrives in batches of such sizes.
    private func treated(_ text: String, _ rules: LineRules, by size: Int = .max, now: UInt64 = 0) -> (
        text: String, omitted: Omissions
    ) {
        let processor = LineProcessor(rules, into: LineBuffer())
        var held = HoldMemory.Held(), bucket = RateBucket(), omitted = Omissions(), out: [UInt8] = []
        var rest = Array(text.utf8)[...]
        var isLast = false
        while !isLast {
            isLast = rest.isEmpty
            let batch = held.bytes + rest.prefix(size)
            rest = rest.dropFirst(size)
            batch.withUnsafeBytes {
                let result = processor.process($0, held: held, bucket: bucket, now: now, isLast: isLast)
                out += result.bytes
                omitted = omitted + result.omitted
                (held, bucket) = (result.held, result.bucket)
            }
        }
        #expect(held.bytes.isEmpty)
        return (String(decoding: out, as: UTF8.self), omitted)
    }

    @Test func `a secret is replaced by its name, wherever batches end`() throws {
        let rules = try LineRules(secrets: [secret("db", "hunter2-and-more"), secret("pin", "4711")])
        let text = "password=hunter2-and-more;\nno hunter2\n4711hunter2-and-more\n1234711\nhunter2-and-more"
        let expected =
            "password=[redacted:db];\nno hunter2\n[redacted:pin]\n123[redacted:pin]\n[redacted:db]"
        for size in 1...text.utf8.count {
            let result = treated(text, rules, by: size)
            #expect(result.text == expected)
            #expect(result.omitted.redactions == 4 && result.omitted.total.isZero)
        }
    }

    @Test func `encodings of a secret are found at any place of what is encoded`() throws {
        let word = "s3cr3t/with+odd&chars=\"\\"
        let rules = try LineRules(secrets: [secret("key", word)])
        for before in 0..<7 {
            for after in 0..<4 {
                let clear =
                    String(repeating: "u", count: before) + word + String(repeating: "v", count: after)
                let encoded = Base64Bench.encoded(Array(clear.utf8))
                let result = treated("Basic \(encoded)\n", rules).text
                #expect(result.contains("[redacted:key]"), "\(encoded) -> \(result)")
                #expect(!result.contains(Base64Bench.core(of: word, after: before)))
            }
        }
        #expect(treated("a=s3cr3t%2Fwith%2Bodd%26chars%3D%22%5C&b\n", rules).text == "a=[redacted:key]&b\n")
        #expect(
            treated("{\"k\":\"s3cr3t/with+odd&chars=\\\"\\\\\"}\n", rules).text
                == "{\"k\":\"[redacted:key]\"}\n"
        )
    }

    @Test func `of a secret with several lines each is one, short ones are none`() throws {
        let key =
            "-----BEGIN KEY-----\n" + String(repeating: "abcdefgh12345678", count: 300)
            + "\nxyz\n-----END KEY-----\n"
        let rules = try LineRules(secrets: [secret("tls", key)])
        #expect(treated(key, rules).text == "[redacted:tls]\n[redacted:tls]\nxyz\n[redacted:tls]\n")
        // So much of it is as telling as all of it.
        let part = String(key.dropFirst(20).prefix(40))
        #expect(treated("x \(part)!\n", rules).text == "x [redacted:tls]!\n")
        let huge = (0..<40_000).map { "line \($0 &* 2_654_435_761)\n" }.joined()
        #expect(try LineRules(secrets: [secret("huge", huge), secret("ok", "fine")]).unwatched == ["huge"])
    }

    @Test func `patterns are replaced, and overlaps once`() throws {
        let rules = try LineRules(
            secrets: [secret("t", "token123")],
            redact: ["(?i)authorization: \\S+", "\\b[0-9]{4}-[0-9]{4}\\b"]
        )
        let text = "Authorization: token123 1234-5678 x\n12345-6789 token123\n"
        #expect(treated(text, rules).text == "[redacted:t] [redacted] x\n12345-6789 [redacted:t]\n")
        for size in 1..<40 { #expect(treated(text, rules, by: size).text == treated(text, rules).text) }
    }

    @Test func `a line that is longer than what can wait is whole, and a secret in it is found`() throws {
        let word = "the-secret-of-the-long-line"
        let rules = try LineRules(secrets: [secret("s", word)], redact: ["Q[0-9]+Q"])
        var dice = Dice(state: 7)
        var text = "", expected = ""
        for index in 0..<400 {
            let filler = String(repeating: "f", count: Int.random(in: 0..<3_000, using: &dice))
            text += filler + (index % 2 == 0 ? word : "Q\(index)Q")
            expected += filler + (index % 2 == 0 ? "[redacted:s]" : "[redacted]")
        }
        for size in [4_096, 65_536, 100_000, 262_144] {
            let result = treated(text + "\nnext\n", rules, by: size)
            #expect(result.text == expected + "\nnext\n")
            #expect(result.omitted.redactions == 400)
        }
    }

    @Test func `a limit lets so many through at once and then so many a second`() throws {
        let rules = try LineRules(rate: .init(lines: 10, burst: .seconds(2)))
        let processor = LineProcessor(rules, into: LineBuffer())
        var bucket = RateBucket(), omitted = Omissions()
        func lines(_ count: Int, at seconds: Double) -> Int {
            let text = Array(String(repeating: "abc\n", count: count).utf8)
            return text.withUnsafeBytes {
                let now = UInt64(1e12 + seconds * 1e9)
                let result = processor.process($0, held: .init(), bucket: bucket, now: now, isLast: false)
                bucket = result.bucket
                omitted = omitted + result.omitted
                return result.bytes.count / 4
            }
        }
        #expect(lines(100, at: 0) == 20)
        #expect(lines(100, at: 0.5) == 5)
        #expect(lines(3, at: 1) == 3)
        #expect(lines(100, at: 10) == 20)
        #expect(omitted.rateLimited == LineCount(lines: 80 + 95 + 80, bytes: 3 * 255))
        let bytes = try LineRules(rate: .init(bytes: 1_024))
        let long = String(repeating: "x", count: 5_000)
        #expect(treated("\(long)\n\(long)\nshort\n", bytes, now: 1 << 40).text == "\(long)\n")
    }

    @Test func `what is left out of a line that comes in pieces is one line`() throws {
        let rules = try LineRules(rate: .init(lines: 1))
        let long = String(repeating: "x", count: 300_000)
        let result = treated("first\n\(long)\n", rules, by: 50_000, now: 1 << 40)
        #expect(result.text == "first\n")
        #expect(result.omitted.rateLimited == LineCount(lines: 1, bytes: 300_000))
        let kept = treated("\(long)\nsecond\n", rules, by: 50_000, now: 1 << 40)
        #expect(kept.text == "\(long)\n" && kept.omitted.rateLimited.lines == 1)
    }

    @Test func `a sample keeps equal lines alike, about so many, and every error`() throws {
        let rules = try LineRules(sample: 10)
        let text = (0..<20_000).map { "GET /item/\($0 % 10_000)\n" }.joined()
        let result = treated(text, rules)
        let lines = result.text.split(separator: "\n")
        #expect((1_600...2_400).contains(lines.count))
        #expect(Set(lines).count * 2 == lines.count)
        #expect(result.omitted.sampled.lines == UInt64(20_000 - lines.count))
        let errors = (0..<1_000).map { "an Error \($0)\n" }.joined()
        #expect(treated(errors, rules).text == errors)
    }

    @Test func `a pattern that is much work hides the rest of a line, and does not hang`() throws {
        let rules = try LineRules(redact: ["a.*x|a"])
        let line = String(repeating: "a", count: 6_000)
        let result = treated(line + "\nb\n", rules).text
        #expect(result == "[redacted]\nb\n")
    }

    @Test func `the same input gives the same result, at any place where a writer may have died`() throws {
        let rules = try LineRules(secrets: [secret("s", "secret-word")], rate: .init(lines: 3), sample: 2)
        let processor = LineProcessor(rules, into: LineBuffer())
        let text = Array("one\ntwo secret-word\nthree\nfour\nfive secr".utf8)
        let held = HoldMemory.Held(bytes: [], goesOn: true, omitted: .rateLimited)
        let results = (0..<3).map { _ in
            text.withUnsafeBytes { bytes in
                let result = processor.process(bytes, held: held, bucket: RateBucket(), now: 5, isLast: false)
                return (Array(result.bytes), result.omitted, result.held)
            }
        }
        #expect(results.allSatisfy { $0.0 == results[0].0 && $0.1 == results[0].1 && $0.2 == results[0].2 })
    }

    @Test func `what waits is found by the number of its batch alone`() throws {
        let memory = try HoldMemory()
        #expect(memory.held(after: 0, of: .stdout) == HoldMemory.Held())
        #expect(memory.held(after: 1, of: .stdout) == nil)
        let first = HoldMemory.Held(bytes: [1, 2, 3], goesOn: true, omitted: .sampled)
        let second = HoldMemory.Held(bytes: [UInt8](repeating: 7, count: HoldMemory.capacity))
        memory.store(first, after: 1, of: .stdout)
        memory.store(second, after: 2, of: .stdout)
        memory.store(second, after: 1, of: .stderr)
        let again = try HoldMemory(adopting: memory.descriptor)
        #expect(again.held(after: 1, of: .stdout) == first && again.held(after: 2, of: .stdout) == second)
        #expect(again.held(after: 3, of: .stdout) == nil && again.held(after: 1, of: .stderr) == second)
        #expect(throws: LogError.self) { try HoldMemory(adopting: try Descriptor.pipe().read) }
    }

    @Test func `secrets come through memory as they were`() throws {
        let secrets = [
            secret("a", "one"), secret("b", ""), secret("c", String(repeating: "x", count: 100_000)),
        ]
        let read = try SecretMemory.read(try SecretMemory.make(secrets))
        #expect(read.map(\.name) == ["a", "b", "c"])
        for (one, other) in zip(secrets, read) {
            #expect(one.content.withBytes { Array($0) } == other.content.withBytes { Array($0) })
        }
    }
}

/// Base64 as RFC 4648 has it, told apart from the one that is tested.
private enum Base64Bench {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

    static func encoded(_ bytes: [UInt8]) -> String {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let bits = (0..<3).reduce(UInt32(0)) { $0 << 8 | UInt32($1 < group.count ? group[$1] : 0) }
            for index in 0..<4 {
                text.append(index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : "=")
            }
        }
        return text
    }

    /// The characters that stand for the middle of a word alone.
    static func core(of word: String, after count: Int) -> String {
        let text = encoded(Array((String(repeating: "u", count: count) + word).utf8))
        let start = (count * 4 + 2) / 3 + 1
        return String(text.dropFirst(start).prefix(16))
    }
}
