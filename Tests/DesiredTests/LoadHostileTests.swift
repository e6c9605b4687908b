internal import Glibc
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

// malloc_trim(3), which the Glibc module does not import.
@_silgen_name("malloc_trim") private func trim(_ pad: Int) -> Int32

/// Projects that would be large, slow or endless if their files were believed.
@Suite(.serialized) struct LoadHostileTests {
    private static let service = "services: {s: {image: i}}\n"
    /// 9,841 nodes each time.
    private static let big =
        "x-a: &a [x, x, x, x, x, x, x, x, x]\nx-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
        + "x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nx-d: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
    private static let wide =
        "services:\n  base:\n    environment:\n" + (0..<2_000).map { "      V\($0): x\n" }.joined()

    private static func numbered(_ count: Int, _ make: (Int) -> (String, String)) -> [String: String] {
        Dictionary((0..<count).map(make)) { first, _ in first }
    }

    static let projects: [(name: String, load: Load, problem: String)] = [
        (
            "aliases under x-", Load(["compose.yaml": service + HostileFileTests.bomb]),
            "more than 200000 values once aliases are put in"
        ),
        (
            "aliases in an included file",
            Load(["compose.yaml": "include: [a.yaml]\n", "a.yaml": service + HostileFileTests.bomb]),
            "a.yaml:7:17: more than 200000 values once aliases are put in"
        ),
        (
            "aliases in an extended file",
            Load([
                "compose.yaml": "services: {w: {extends: {file: a.yaml, service: s}}}",
                "a.yaml": service + HostileFileTests.bomb,
            ]), "more than 200000 values once aliases are put in"
        ),
        (
            "values spread over includes",
            Load(
                numbered(50) { ("a\($0).yaml", big) }
                    .merging([
                        "compose.yaml": "include: [\((0..<50).map { "a\($0).yaml" }.joined(separator: ","))]"
                    ]) { $1 }
            ), "more than 200000 values with all that is extended and included"
        ),
        (
            "values spread over documents",
            Load(["compose.yaml": Array(repeating: big, count: 40).joined(separator: "---\n")]),
            "more than 200000 values once aliases are put in"
        ),
        (
            "values spread over files",
            {
                var load = Load(numbered(40) { ("f\($0).yaml", big) })
                load.arguments = (0..<40).map { "f\($0).yaml" }
                return load
            }(), "more than 200000 values with all that is extended and included"
        ),
        (
            "a base that many extend",
            Load(["compose.yaml": wide + (0..<400).map { "  s\($0): {extends: base, image: i}\n" }.joined()]),
            "more than 200000 values with all that is extended and included"
        ),
        (
            "a base in a file that many extend",
            Load([
                "compose.yaml": "services:\n"
                    + (0..<400).map { "  s\($0): {extends: {file: a.yaml, service: base}, image: i}\n" }
                    .joined(),
                "a.yaml": wide,
            ]), "more than 200000 values with all that is extended and included"
        ),
        (
            "includes that double",
            Load(
                numbered(18) { ("a\($0).yaml", "include: [a\($0 + 1).yaml, a\($0 + 1).yaml]\n") }
                    .merging(["compose.yaml": "include: [a0.yaml]", "a18.yaml": service]) { $1 }
            ), "more than 100 files and documents"
        ),
        (
            "a deep include",
            Load(
                numbered(30) { ("a\($0).yaml", "include: [a\($0 + 1).yaml]\n") }
                    .merging(["compose.yaml": "include: [a0.yaml]", "a30.yaml": service]) { $1 }
            ), "included through more than 20 files"
        ),
        (
            "many documents",
            Load(["compose.yaml": String(repeating: "x-a: 1\n---\n", count: 20_000) + service]),
            "more than 100 files and documents"
        ),
        (
            "many files",
            {
                var load = Load(numbered(200) { ("f\($0).yaml", service) })
                load.arguments = (0..<200).map { "f\($0).yaml" }
                return load
            }(), "more than 100 files and documents"
        ),
        (
            "bytes spread over files",
            {
                var load = Load(
                    numbered(3) { ("f\($0).yaml", service + "#" + String(repeating: "x", count: 2 << 20)) }
                )
                load.arguments = (0..<3).map { "f\($0).yaml" }
                return load
            }(), "the files are larger than 4 MiB together"
        ),
        (
            "one large file", Load(["compose.yaml": service + "#" + String(repeating: "x", count: 4 << 20)]),
            "compose.yaml:1:1: the file is too large: a project has at most 4 MiB in all its files"
        ),
        (
            "a large map merged again and again",
            Load([
                "compose.yaml": "x-a: 1\nservices:\n  s:\n    image: i\n    labels:\n"
                    + (0..<20_000).map { "      l\($0): x\n" }.joined()
                    + String(repeating: "---\nservices: {s: {labels: {a: b}}}\n", count: 90)
            ]), "merging takes more than 300000 steps"
        ),
        (
            "a large section beside many includes",
            Load(
                numbered(90) { ("a\($0).yaml", "volumes: {v\($0): {}}") }.merging([
                    "compose.yaml": "include: [\((0..<90).map { "a\($0).yaml" }.joined(separator: ","))]\n"
                        + service
                        + "volumes:\n" + (0..<20_000).map { "  w\($0): {}\n" }.joined()
                ]) { $1 }
            ), "merging takes more than 300000 steps"
        ),
        (
            "variables that double",
            Load([
                "compose.yaml": service,
                ".env": "A0=xxxxxxxxxxxxxxxx\n"
                    + (1..<60).map { "A\($0)=${A\($0 - 1)}${A\($0 - 1)}\n" }.joined(),
            ]),
            ".env:18:1: the value grows beyond 1 MiB"
        ),
        (
            "variables that are many and large",
            Load([
                "compose.yaml": service,
                ".env": "A=" + String(repeating: "x", count: 900_000) + "\n"
                    + (1..<60).map { "A\($0)=$A\n" }.joined(),
            ]),
            ".env:5:1: the values grow beyond 4 MiB"
        ),
        (
            "a large variable in many values",
            Load(
                [
                    "compose.yaml": service
                        + "x-a: [\(Array(repeating: "$A", count: 9_000).joined(separator: ","))]"
                ],
                ["A": String(repeating: "x", count: 100_000)]
            ),
            "variables put in more than 4 MiB of text"
        ),
        (
            "a file of variables for many services",
            Load([
                "compose.yaml": "services:\n"
                    + (0..<400).map { "  s\($0): {image: i, env_file: [{path: e}]}\n" }.joined(),
                "e": "#" + String(repeating: "x", count: 1 << 20) + "\nA=1\n",
            ]), "files of variables put in more than 4 MiB of text"
        ),
        (
            "many variables for many services",
            Load([
                "compose.yaml": "services:\n"
                    + (0..<400).map { "  s\($0): {image: i, env_file: [{path: e}]}\n" }.joined(),
                "e": (0..<1_000).map { "A\($0)=\n" }.joined(),
            ]), "more than 200000 values with all that is extended and included"
        ),
        (
            "many files of variables",
            Load([
                "compose.yaml": "services:\n"
                    + (0..<400).map { "  s\($0): {image: i, env_file: [{path: e\($0), required: false}]}\n" }
                    .joined()
            ]),
            "more than 100 files and documents"
        ),
        (
            "a long chain of services",
            Load([
                "compose.yaml": "services:\n"
                    + (0..<16_000).map { "  s\($0): {extends: s\($0 + 1)}\n" }.joined()
                    + "  s16000: {image: i}\n"
            ]),
            "more than 64 services extend one another"
        ),
        (
            "many values", Load(["compose.yaml": "x-a: [" + String(repeating: "x,", count: 2_000_000) + "]"]),
            "more than 200000 values"
        ),
        (
            "many keys", Load(["compose.yaml": "x-a: {" + String(repeating: "x,", count: 2_000_000) + "}"]),
            "more than 200000 values"
        ),
        (
            "ranges of ports in many services",
            Load([
                "compose.yaml": "services:\n"
                    + (0..<400).map { "  s\($0): {image: i, ports: [1-60000]}\n" }.joined()
            ]), "more than 16384 ports"
        ),
        (
            "a range of ports that many extend",
            Load([
                "compose.yaml": "services:\n  base: {image: i, ports: ['1-15000:1-15000']}\n"
                    + (0..<400).map { "  s\($0): {extends: base}\n" }.joined()
            ]), "more than 200000 values with all that is extended and included"
        ),
        (
            "ranges of ports in many includes",
            Load(
                numbered(90) {
                    (
                        "a\($0).yaml",
                        "services: {s\($0): {image: i, ports: ['\($0 * 500 + 1)-\($0 * 500 + 500)/udp']}}"
                    )
                }.merging([
                    "compose.yaml": "include: [\((0..<90).map { "a\($0).yaml" }.joined(separator: ","))]\n"
                ]) { $1 }
            ), "more than 16384 ports"
        ),
        (
            "a range of ports merged again and again",
            {
                var load = Load(
                    numbered(80) {
                        (
                            "f\($0).yaml",
                            "services: {s: {image: i, ports: ['1-200:\($0 * 200 + 1)-\($0 * 200 + 200)']}}"
                        )
                    }
                )
                load.arguments = (0..<80).map { "f\($0).yaml" }
                return load
            }(), "merging takes more than 300000 steps"
        ),
        (
            "many short mounts",
            Load([
                "compose.yaml": "services: {s: {image: i, volumes: ["
                    + String(repeating: "a:/b,", count: 190_000) + "]}}"
            ]),
            "more than 16384 ports, mounts"
        ),
        (
            "many dependencies",
            Load([
                "compose.yaml": "services: {s: {image: i, depends_on: ["
                    + (0..<90_000).map { "d\($0)," }.joined() + "]}}"
            ]), "more than 16384 ports, mounts"
        ),
        (
            "depth by aliases",
            Load([
                "compose.yaml": "x-0: &a0 [x]\n"
                    + (1..<70).map { "x-\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
            ]), "nested deeper than 64 levels"
        ),
        (
            "depth", Load(["compose.yaml": "x-0: " + String(repeating: "[", count: 1_000_000)]),
            "deeper than 64"
        ),
    ]

    #if DEBUG
        /// The bound holds for optimised code; without it, everything takes many times as long, and a busy machine
        /// adds to that: this only tells apart what never ends.
        private static let patience = Duration.seconds(20)
    #else
        private static let patience = Duration.milliseconds(100)
    #endif

    private static let bound = 16 << 20

    @Test(arguments: projects.indices)
    func `a hostile project is refused soon and in little memory`(_ index: Int) throws {
        let (name, load, problem) = Self.projects[index]
        let idle = try Self.peak { _ = Load(["compose.yaml": Self.service]).problems }
        var problems: [String] = []
        let start = HostileFileTests.threadTime()
        let peak = try Self.peak { problems = load.problems }
        let time = HostileFileTests.threadTime() - start
        #expect(problems.contains { $0.contains(problem) }, "\(name): \(problems.prefix(3))")
        #expect(time < Self.patience, "\(name): \(time)")
        // It is the whole process that is measured: what else happens in it only adds.
        var least = peak
        for _ in 0..<3 where least - idle >= Self.bound {
            least = min(least, try Self.peak { _ = load.problems })
        }
        #expect(least - idle < Self.bound, "\(name): \((least - idle) >> 10) KiB")
    }

    /// The highest resident size while the work is done.
    private static func peak(_ work: () -> Void) throws -> Int {
        // What earlier tests left behind must not hide what this one takes.
        _ = trim(0)
        let reset = open("/proc/self/clear_refs", O_WRONLY)
        #expect(reset >= 0 && write(reset, "5", 1) == 1)
        close(reset)
        work()
        var text = [UInt8](repeating: 0, count: 8192)
        let status = open("/proc/self/status", O_RDONLY)
        let count = read(status, &text, text.count)
        close(status)
        let line = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("VmHWM:") }
        let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        return try #require(kilobytes) << 10
    }
}
