internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// The whole table at once.
@Suite struct ShapeWholeTests {
    @Test func `the sample has every key of the specification, and each is read`() throws {
        let findings = Findings(file: "app.yaml")
        let tree = try #require(Document.read(Sample.specification, environment: [:], findings))
        var seen: [Set<String>: Set<String>] = [:]
        Self.see([tree], .keys { .app }, &seen)
        #expect(seen.count > 40)
        for (words, seen) in seen { #expect(words.subtracting(seen) == []) }
        let model = Sample.model(Sample.specification)
        #expect(model.hasPrefix("{"), "\(model)")
        // What Compose prints in decimal.
        #expect(Sample.model(model.replacing("\"mode\":1023", with: "\"mode\":\"1777\"")) == model)
    }

    /// The keys of each table that a value has somewhere.
    private static func see(_ trees: [Tree], _ inside: Shape.Inside, _ seen: inout [Set<String>: Set<String>])
    {
        switch inside {
        case .value: break
        case .each(let shape):
            see(trees.flatMap { $0.items + $0.entries.map(\.value) }, shape.inside, &seen)
        case .keys(let keys):
            let keys = keys()
            seen[keys.words, default: []].formUnion(trees.flatMap { $0.entries.map(\.key) })
            for (key, shape) in keys.shapes { see(trees.compactMap { $0[key] }, shape.inside, &seen) }
        }
    }

    @Test(arguments: UInt64(0)..<8)
    func `a damaged file is printed or refused`(_ seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let values = [
            "5", "-1", "x", "\"\"", "{}", "[]", "null", "true", "[[]]", "{a: }", "\"a:b:c\"", "~/x", "1e9",
        ]
        let lines = Sample.specification.split(separator: "\n")
        for _ in 0..<40 {
            var lines = lines
            for _ in 0...random(below: 3) {
                let at = random(below: lines.count)
                if random(below: 3) == 0 {
                    lines.remove(at: at)
                } else if let colon = lines[at].firstIndex(of: ":") {
                    lines[at] = lines[at][...colon] + " " + values[random(below: values.count)]
                }
            }
            let text = lines.joined(separator: "\n")
            let model = Sample.model(text)
            #expect(!model.isEmpty)
            if model.hasPrefix("{") { #expect(!Sample.yaml(text).isEmpty) }
        }
    }
}
