// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Testing

@Suite struct HostileFileTests {
    /// Nine levels of nine aliases each: 3.4 billion nodes if they were put in.
    static let bomb =
        "x-a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        + (1..<10).map { level in
            "x-a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
                + "]\n"
        }.joined()

    private static let mergeBomb =
        "x-m0: &m0 {a: 1}\n"
        + (1..<25).map { "x-m\($0): &m\($0) {<<: [*m\($0 - 1), *m\($0 - 1), *m\($0 - 1)]}\n" }.joined()

    static let files: [(name: String, yaml: String, problem: String)] = [
        ("aliases", bomb + Sample.header + "    command: *a9\n", "once aliases are put in"),
        ("aliases in extensions", bomb + Sample.header + "    x-foreign: *a9\n", "once aliases are put in"),
        ("merge keys", mergeBomb + Sample.header + "    <<: *m24\n", "once aliases are put in"),
        (
            "an alias as a key", bomb + Sample.header + "    environment: {*a9 : x}\n",
            "once aliases are put in"
        ),
        (
            "an explicit key", bomb + Sample.header + "    environment:\n      ? *a9\n      : x\n",
            "once aliases are put in"
        ),
        (
            "a list as a key", bomb + Sample.header + "    environment: {[*a9, *a8] : x}\n",
            "once aliases are put in"
        ),
        (
            "a list as a key, adjacent", bomb + Sample.header + "    environment: {[*a9]:x}\n",
            "once aliases are put in"
        ),
        (
            "an explicit key in a flow", bomb + Sample.header + "    environment: {?[*a9] : x}\n",
            "once aliases are put in"
        ),
        ("deep lists", String(repeating: "[", count: 100_000), "deeper than 64"),
        ("deep mappings", String(repeating: "{a: ", count: 100_000), "deeper than 64"),
        ("deep blocks", String(repeating: "- ", count: 100_000) + "x", "deeper than 64"),
        (
            "65 levels",
            Sample.header + "    command: " + String(repeating: "[", count: 65)
                + String(repeating: "]", count: 65), "deeper than 64"
        ),
        ("size", Sample.header + "#" + String(repeating: "x", count: 4 << 20), "larger than 4 MiB"),
        (
            "many values", Sample.header + "    command: [" + String(repeating: "x,", count: 300_000) + "]",
            "more than 200000 values"
        ),
        (
            "many services", "name: a\nservices:\n" + (0..<501).map { "  s\($0): {image: i}\n" }.joined(),
            "more than 500 services"
        ),
        (
            "many ports",
            "name: a\nservices:\n"
                + (0..<400).map { "  s\($0): {image: i, ports: [\"1-65535\"]}\n" }.joined(),
            "more than 16384 ports, mounts and the like in their short forms"
        ),
        ("many problems", Sample.header + (0..<5_000).map { "    k\($0): 1\n" }.joined(), "unknown key"),
        (
            "one long chain",
            "name: a\nservices:\n"
                + (0..<500).map { "  s\($0): {image: i, depends_on: [s\(($0 + 1) % 500)]}\n" }.joined(),
            "wait for each other"
        ),
        ("a self alias", "name: &n [*n]\n", "an alias without its anchor"),
        (
            "many links",
            Sample.header + "    links: [" + (0..<50_000).map { "s\($0)," }.joined() + "]\n",
            "service 's0' is not defined"
        ),
        (
            "many variables",
            Sample.header + "    environment: {" + (0..<90_000).map { "V\($0): x," }.joined()
                + "}\n    z: 1\n",
            "unknown key"
        ),
        (
            "many networks",
            Sample.header + "    networks: [" + (0..<50_000).map { "n\($0)," }.joined() + "]\nnetworks: {"
                + (1..<50_000).map { "n\($0): ," }.joined() + "}\n",
            "more than 16384 ports, mounts and the like in their short forms"
        ),
    ]

    @Test(arguments: files.indices)
    func `a hostile file is refused soon`(_ index: Int) {
        let file = Self.files[index]
        let start = Self.threadTime()
        let problems = Sample.problems(file.yaml)
        let time = Self.threadTime() - start
        #expect(problems.contains { $0.contains(file.problem) }, "\(file.name): \(problems.prefix(3))")
        #expect(problems.count <= 200)
        #expect(time < .seconds(10), "\(file.name)")
    }

    /// The processor time of this thread: other tests run beside this one.
    static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    @Test func `a large honest file is read`() throws {
        let services = (0..<400).map {
            "  s\($0):\n    image: i\n    <<: *common\n    ports: [\"[::1]:\($0 + 1):80\"]\n"
        }.joined()
        let app = try Sample.app(
            "name: a\nx-common: &common\n  environment: {GLOB: 'what ? *.txt', B: '[a]: b'}\nservices:\n"
                + services
        )
        #expect(app.services.count == 400 && app.services[7].environment["GLOB"] == "what ? *.txt")
    }

    @Test func `the report of a hostile name stays on its line`() {
        let problems = Sample.problems("name: a\nservices: {web: {image: i, \"a\\nb\\u202E\": 1}}\n")
        #expect(problems.count == 1 && !problems[0].contains("\n"))
    }
}
