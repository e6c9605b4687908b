internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

@Suite struct LoadVariablesTests {
    /// A file of variables, and what it gives with `SET=s` set.
    static let dialect: [(text: String, values: [String: String])] = [
        ("A=1\nB = 2 \nexport C=3\n  D=4\n", ["A": "1", "B": "2", "C": "3", "D": "4"]),
        (
            "A=\"x y\"\nB='x y'\nC=\"a\\nb\\tc\\\"d\"\nD='a\\nb\\'c'\n",
            ["A": "x y", "B": "x y", "C": "a\nb\tc\"d", "D": "a\\nb'c"]
        ),
        (
            "A=x # c\nB=x#c\nC=\"x # c\" # d\nD='x' #d\nE=#x\nF= #x\n",
            ["A": "x", "B": "x#c", "C": "x # c", "D": "x", "E": "#x", "F": "#x"]
        ),
        (
            "A=1\nB=${A}2\nC=$A\nD=\"$A\"\nE='$A'\nF=${NO:-d}\n",
            ["A": "1", "B": "12", "C": "1", "D": "1", "E": "$A", "F": "d"]
        ),
        ("\u{feff}A=1\n", ["A": "1"]), ("A: 1\nB: \"x\"\n", ["A": "1", "B": "x"]),
        ("A\nB=\nSET\n", ["B": "", "SET": "s"]),
        ("A=\"multi\nline\"\nB=2\n", ["A": "multi\nline", "B": "2"]), ("A=1\nA=2\n", ["A": "2"]),
        ("A.B=1\nA-B=2\nA[0]=3\n1A=4", ["A.B": "1", "A-B": "2", "A[0]": "3", "1A": "4"]),
        (
            "A=\\n\nB=\"\\$x\"\nC=\\$x\nD=$$x\nE=\"$$x\"\n",
            ["A": "\\n", "B": "$x", "C": "\\", "D": "$x", "E": "$x"]
        ),
        ("# c\n\n  A=1\r\nB=2\r\n", ["A": "1", "B": "2"]), ("A=$\nB=a$ b\n", ["A": "$", "B": "a$ b"]),
        (
            "A=\"\\\\\"\nB=\"\\x\"\nC=\"\\a\\b\\f\\v\\0101\\c\\e\"\n",
            ["A": "\\", "B": "\\x", "C": "\u{7}\u{8}\u{c}\u{b}A\\c\\e"]
        ),
        (
            "A=a\"b\"\nB==b\nC=a=b\nD=`x`\nE=a'b#c\nF=x\\ y\nG=x\t#c",
            ["A": "a\"b\"", "B": "=b", "C": "a=b", "D": "`x`", "E": "a'b#c", "F": "x\\ y", "G": "x\t#c"]
        ),
        ("exportA=1\nexport=2", ["exportA": "1", "export": "2"]),
        ("SET=own\nB=$SET", ["SET": "own", "B": "s"]), ("", [:]),
    ]

    @Test(arguments: dialect.indices)
    func `a file of variables is read in the dialect of Compose`(_ index: Int) throws {
        let (text, values) = Self.dialect[index]
        let read = try Dotenv.parse(Array(text.utf8), lookup: { $0 == "SET" ? "s" : nil }, unset: { _, _ in })
        #expect(Dictionary(read.map { ($0.name, $0.value) }) { $1 } == values)
    }

    @Test(arguments: [
        ("A=1\nB=\"unterminated\nC=2\n", 2, "a quote is left open"), ("A='x", 1, "a quote is left open"),
        ("A B=1\n", 1, "after 'A' comes neither '=' nor the end of the line"),
        ("A=1\n=2\n", 2, "a variable without a name"),
        ("A=\"multi\nline\"\nB=${X:?no}\n", 3, "variable 'X' is required: no"),
        ("A=${", 1, "not a valid variable"),
        ("A=\"a\"b\n", 1, "text after the closing quote"), ("ü=1", 1, "a variable without a name"),
    ])
    func `a file of variables that cannot be read names its line`(_ text: String, _ line: Int, _ what: String)
    {
        let failure = #expect(throws: Dotenv.Failure.self) {
            try Dotenv.parse(Array(text.utf8), lookup: { _ in nil }, unset: { _, _ in })
        }
        #expect(failure?.line == line && failure?.what == what)
    }

    @Test func `the raw format takes lines as they are`() throws {
        let text = "A=\"x y\" # c\nB=$A\nSET\n# d\n\nD='q'\n F=2 \nG= h\nH=\r\nI\n"
        let read = try RawVariables.parse(Array(text.utf8)) { $0 == "SET" ? "s" : nil }
        #expect(
            read.map { "\($0.name)=\($0.value)" } == [
                "A=\"x y\" # c", "B=$A", "SET=s", "D='q'", "F=2 ", "G= h", "H=",
            ]
        )
        for bad in ["export E=1", "=2"] {
            #expect(throws: Dotenv.Failure.self) { try RawVariables.parse(Array(bad.utf8)) { _ in nil } }
        }
    }

    static let services: [(keys: String, files: [String: String], environment: String)] = [
        ("env_file: [{path: e}]", ["e": "A=1\nB=$A-${SET}"], "{A: 1, B: 1-s}"),
        ("env_file: [{path: e}]", ["e": "SET=own"], "{SET: own}"),
        ("env_file: [{path: e}]", ["e": "SET\nNONE"], "{SET: s}"),
        ("env_file: [{path: e}]\n    environment: {A: x}", ["e": "A=1\nB=2"], "{A: x, B: 2}"),
        (
            "env_file: [{path: e}]\n    environment: {A: , SET: }", ["e": "A=1\nB=2"],
            "{A: null, SET: s, B: 2}"
        ),
        ("env_file: [{path: e}]\n    environment: {A: x}", ["e": "A=1\nB=$A"], "{A: x, B: x}"),
        ("env_file: [{path: e}]\n    environment: {SET: x}", ["e": "B=$SET"], "{SET: x, B: s}"),
        ("env_file: [{path: e}, {path: f}]", ["e": "A=1\nB=1", "f": "B=2$A"], "{A: 1, B: 21}"),
        ("env_file: [{path: e, required: false}]", [:], "nothing"),
        ("env_file: [{path: e, format: raw}]", ["e": "A='$B'"], "{A: '$B'}"),
        (
            "env_file: [{path: sub/e}, {path: /srv/app/f}]",
            ["sub/e": "A=1", "f": "B=$DOT", ".env": "DOT=dot"], "{A: 1, B: dot}"
        ),
        ("environment: {A: \"$$x\", B: $DOT}", [".env": "DOT='$x'"], "{A: $x, B: $x}"),
    ]

    @Test(arguments: services.indices)
    func `files of variables become the environment`(_ index: Int) throws {
        let (keys, files, environment) = Self.services[index]
        let compose = "services:\n  w:\n    image: i\n    \(keys)\n"
        let load = Load(files.merging(["compose.yaml": compose]) { $1 }, ["SET": "s"])
        #expect(try load("services", "w", "environment") == environment)
        #expect(try load("services", "w", "env_file") == "nothing")
    }

    @Test func `files of labels become labels`() throws {
        let load = Load(
            [
                "compose.yaml": "services: {w: {image: i, label_file: [e], labels: {B: own}}}",
                "e": "a.b=1\nB=2\nC=${SET}",
            ],
            ["SET": "s"]
        )
        #expect(try load("services", "w", "labels") == "{B: own, a.b: 1, C: s}")
    }

    static let problems: [(keys: String, problem: String)] = [
        (
            "env_file: [{path: sub/none}]",
            "compose.yaml:4:16: services.w.env_file[0]: 'sub/none' does not exist: create it, or write 'required: false'"
        ),
        (
            "label_file: [none]",
            "compose.yaml:4:18: services.w.label_file[0]: 'none' does not exist: create it"
        ),
        (
            "env_file: [{path: sub, required: false}]",
            "compose.yaml:4:16: services.w.env_file[0]: 'sub' is not a regular file"
        ),
        ("env_file: [{path: sub/bad}]", "sub/bad:2:1: a quote is left open: close it"),
        (
            "env_file: [{path: sub/bad, format: odd}]",
            "compose.yaml:4:40: services.w.env_file[0].format: 'odd' is not a format: use 'raw', or remove it"
        ),
        (
            "env_file: [{path: nul}]",
            "compose.yaml:4:16: services.w.env_file[0]: 'nul' is not UTF-8 text: save it as UTF-8"
        ),
    ]

    @Test(arguments: problems.indices)
    func `a file of variables that cannot be had names its place`(_ index: Int) {
        let (keys, problem) = Self.problems[index]
        let load = Load([
            "compose.yaml": "services:\n  w:\n    image: i\n    \(keys)\n", "sub/bad": "A=1\nB=\"x",
            "nul": "A=\0",
        ])
        #expect(load.problems.contains(problem), "\(load.problems)")
    }

    @Test func `a variable that is not set is warned of once`() throws {
        let load = Load([
            "compose.yaml":
                "include: [sub/a.yaml]\nservices:\n  w:\n    image: $NONE-${NONE}-${OTHER:-x}\n    env_file: [{path: e}]\n",
            "sub/a.yaml": "services:\n  x:\n    image: i$LOST\n", "e": "A=1\nB=$GONE",
        ])
        #expect(
            try load.project().warnings.map(\.description) == [
                "compose.yaml:4:12: services.w.image: variable 'NONE' is not set: it becomes empty: set it, or write a default: ${NONE:-}",
                "sub/a.yaml:3:12: services.x.image: variable 'LOST' is not set: it becomes empty: set it, or write a default: ${LOST:-}",
                "e:2:1: variable 'GONE' is not set: it becomes empty: set it, or write a default: ${GONE:-}",
            ]
        )
    }

    @Test func `a single text has no other files`() {
        let yaml = "name: a\ninclude: [b.yaml]\nservices: {w: {extends: {file: c.yaml, service: x}}}\n"
        #expect(
            Sample.problems(yaml) == [
                "app.yaml:2:11: include[0]: 'b.yaml' cannot be read: only this one file is at hand here",
                "app.yaml:3:32: services.w.extends.file: 'c.yaml' cannot be read: only this one file is at hand here",
            ]
        )
        #expect(
            Sample.problems("name: a\nservices: {w: {image: i, env_file: [{path: e}]}}\n") == [
                "app.yaml:2:37: services.w.env_file[0]: 'e' cannot be read: only this one file is at hand here"
            ]
        )
    }
}
