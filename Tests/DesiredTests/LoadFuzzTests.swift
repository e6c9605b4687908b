internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

@Suite struct LoadFuzzTests {
    /// Bytes that mean something to YAML, to merging or to files of variables.
    private static let spice = [
        "\"", "'", ": ", "- ", "? ", "*e", "&e ", "<<: ", "[", "]", "{", "}", ",", "\n", "\t", "#", "---\n",
        "|",
        "$", "${", "}", "!reset ", "!override ", "!!str ", "\u{0}", "\u{301}", "=", "export ", "\\", "..",
        "/",
        "extends: ", "include: ", "web", "base", "null", "compose.yaml", "a.yaml",
    ]

    private static let files = [
        "compose.yaml": """
        name: a
        include:
          - a.yaml
          - {path: [sub/b.yaml, sub/c.yaml], project_directory: sub, env_file: [v.env]}
        x-e: &e {A: 1, B: "${B:-$SET}"}
        services:
          base: {image: i, environment: {<<: *e, C: }, ports: [{target: 80, published: 80}]}
          web: {extends: base, environment: !override {D: $$}, ports: !reset [], env_file: [{path: v.env}]}
          far: {extends: {file: sub/b.yaml, service: db}, profiles: [p], depends_on: {web: {condition: service_started}}}
        ---
        services: {web: {labels: {a: b}, label_file: [v.env], networks: {n: {aliases: [x]}}}}
        networks: {n: {ipam: {config: [{subnet: 10.0.0.0/24}]}}}

        """,
        "a.yaml": "services: {one: {image: '$A', command: [a, b]}}\nvolumes: {v: {}}\n",
        "sub/b.yaml": "services: {db: {image: j, volumes: [{type: volume, source: v, target: /v}]}}\n",
        "sub/c.yaml": "services: {db: {hostname: h, volumes: [{type: tmpfs, target: /v}]}}\n",
        "v.env": "A=1\nexport B=\"x $A \\\" \\n\" # c\nC='y'\nD\nE: z\n", ".env": "A=dot\nSET=${A:-b}\n",
    ]

    @Test func `the files are fine before they are damaged`() throws {
        #expect(Load(Self.files, ["C": "c"]).problems == [])
    }

    @Test(arguments: UInt64(0)..<16)
    func `a damaged project is read or refused, and every problem has its place`(_ seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let names = Self.files.keys.sorted()
        for _ in 0..<60 {
            var load = Load(Self.files)
            load.profiles = random(below: 2) == 0 ? ["p"] : []
            for _ in 0...random(below: 5) {
                let name = names[random(below: names.count)]
                var bytes = Array((load.files[name] ?? "x").utf8)
                let at = random(below: max(1, bytes.count))
                switch random(below: 4) {
                case 0 where !bytes.isEmpty:
                    bytes.removeSubrange(at..<min(at + random(below: 40), bytes.count))
                case 1 where !bytes.isEmpty: bytes[at] = UInt8(random(below: 256))
                case 2:
                    let from = random(below: max(1, bytes.count))
                    bytes.insert(contentsOf: bytes[min(at, from)..<max(at, from)], at: at)
                default:
                    let at = min(at, bytes.count)
                    bytes.insert(contentsOf: Array(Self.spice[random(below: Self.spice.count)].utf8), at: at)
                }
                load.files[name] = String(decoding: bytes, as: UTF8.self)
            }
            do {
                let project = try load.project()
                #expect(project.position(of: "services.web.image") != nil)
                _ = try project.app()
            } catch {
                #expect(!error.problems.isEmpty)
                #expect(error.problems.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.file.isEmpty })
                #expect(error.problems.allSatisfy { !$0.description.contains("\n") })
            }
        }
    }

    @Test func `bytes that are no text have a place`() {
        let findings = Findings(file: "a.yaml")
        let bytes: [UInt8] = Array("a: b\nc: ".utf8) + [0xff, 0xfe]
        let content = bytes.withUnsafeBufferPointer { Document.read($0, file: 0, limit: 10, findings) }
        #expect(content == nil)
        #expect(
            findings.problems.map(\.description) == [
                "a.yaml:2:4: not valid YAML: invalid leading UTF-8 octet"
            ]
        )
    }
}
