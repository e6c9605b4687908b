// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct FuzzTests {
    /// Bytes that mean something to YAML, to Compose or to Unicode.
    private static let spice = [
        "\"", "'", ":", ": ", "- ", "? ", "*common", "&a ", "<<: ", "[", "]", "{", "}", ",", "\n", "\t", "#",
        "|", ">", "$", "${",
        "}", "!!str ", "\u{0}", "\u{301}", "\u{ff11}", "-", "+", "99999999999999999999", "0", "1e999", ".",
        "/", "..", "65536", "%",
    ]

    @Test(arguments: UInt64(0)..<16)
    func `a damaged file is decoded or refused, and every problem has its place`(_ seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let whole = Array(Sample.everything.utf8)
        for _ in 0..<40 {
            var bytes = whole
            for _ in 0...random(below: 4) {
                let at = random(below: bytes.count)
                switch random(below: 4) {
                case 0: bytes.remove(at: at)
                case 1: bytes.removeSubrange(at..<min(at + random(below: 40), bytes.count))
                case 2: bytes[at] = UInt8(random(below: 256))
                default:
                    bytes.insert(contentsOf: Array(Self.spice[random(below: Self.spice.count)].utf8), at: at)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                let app = try Sample.app(text)
                #expect(
                    app.services.allSatisfy {
                        App.changedFields(from: "{}", to: app.replaceKey(of: $0)) != nil
                    }
                )
                #expect(!app.name.isEmpty && app.services.allSatisfy { !$0.image.isEmpty })
            } catch {
                #expect(!error.problems.isEmpty)
                #expect(error.problems.allSatisfy { $0.line >= 1 && $0.column >= 1 && $0.file == "app.yaml" })
                #expect(error.problems.allSatisfy { !$0.description.contains("\n") })
            }
        }
    }
}
