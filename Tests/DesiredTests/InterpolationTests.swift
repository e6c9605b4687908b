// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct InterpolationTests {
    private let variables = ["SET": "value", "EMPTY": "", "_n1": "7", "TRUE": "true"]

    @Test(arguments: [
        ("$SET", "value"), ("${SET}", "value"), ("a${SET}b$_n1.c", "avalueb7.c"), ("$$SET", "$SET"),
        ("$$$SET", "$value"),
        ("$${SET}", "${SET}"), ("${NONE}", ""), ("$NONE", ""), ("${NONE:-d}", "d"), ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${NONE-d}", "d"), ("${SET:-d}", "value"), ("${SET:+alt}", "alt"), ("${EMPTY:+alt}", ""),
        ("${EMPTY+alt}", "alt"),
        ("${NONE+alt}", ""), ("${SET:?no}", "value"), ("${EMPTY?no}", ""), ("${NONE:-${SET}}", "value"),
        ("${NONE:-${EMPTY:-${SET}}}x", "valuex"), ("${SET:-${NONE:?never raised}}", "value"),
        ("${NONE:-a:b-c?d}", "a:b-c?d"),
        ("${NONE:-$$}", "$"), ("${NONE:-}", ""), ("ü${SET}ü", "üvalueü"), ("$", "$"), ("a $ b", "a $ b"),
        ("$}", "$}"), ("^REGEX$", "^REGEX$"), ("$1", "$1"), ("$(date)", "$(date)"), ("$ü", "$ü"),
        ("$-", "$-"),
        ("$$$", "$$"), ("${NONE:-$}", "$"), ("${NONE:-$1}", "$1"), ("${SET:-}x}", "valuex}"),
        ("${NONE:-{a}}", "{a}"), ("${NONE:-a:-b}", "a:-b"), ("${NONE-a:-b}", "a:-b"), ("${NONE:-a+b}", "a+b"),
        ("${SET+a-b}", "a-b"), ("${EMPTY:-${NONE-}}", ""), ("$_n1x", ""), ("${set}", ""),
    ])
    func `variables are put in`(_ text: String, _ expected: String) throws {
        #expect(try Sample.web("environment: {A: '\(text)'}", variables).environment == ["A": expected])
    }

    @Test(arguments: [
        "${", "${}", "${ }", "${ foo}", "${foo }", "${foo!}", "${SET", "${1A}", "${SET:x}", "${SET!}",
        "${SET:}", "${NONE:-${SET}", "${ü}",
    ])
    func `what is not a variable is refused`(_ text: String) {
        #expect(Sample.webProblems("environment: {A: '\(text)'}", variables).count == 1)
    }

    @Test func `a demand says what it is for`() {
        #expect(
            Sample.webProblems("environment: {A: '${TOKEN:?get one from the portal}'}")
                == [
                    "services.web.environment.A | variable 'TOKEN' is required: get one from the portal | set it"
                ]
        )
        #expect(Sample.webProblems("environment: {A: '${EMPTY:?x}'}", variables).count == 1)
    }

    @Test func `a variable may stand for any type, and is not read as YAML`() throws {
        let web = try Sample.web("init: ${TRUE}\nscale: $_n1\nhostname: ${_n1}", variables)
        #expect(web.hasInit && web.replicas == 7 && web.hostname == "7")
        let injected = Sample.webProblems("command: ['$X']", ["X": "a]\n    privileged: true"])
        #expect(injected == [])
    }

    @Test func `keys are not interpolated`() {
        #expect(Sample.webProblems("environment: {$A: x}") == [])
        #expect(Sample.webProblems("$A: x").count == 1)
    }

    @Test func `nesting and growth are bounded`() {
        let deep = String(repeating: "${N:-", count: 40) + String(repeating: "}", count: 40)
        #expect(Sample.webProblems("environment: {A: '\(deep)'}").contains { $0.contains("nested too deep") })
        let wide = String(repeating: "$BIG", count: 100)
        let problems = Sample.webProblems(
            "environment: {A: '\(wide)'}",
            ["BIG": String(repeating: "x", count: 20_000)]
        )
        #expect(problems.contains { $0.contains("beyond 1 MiB") })
    }
}
