// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct HookTests {
    @Test(arguments: [
        ("post_start: [{command: \"warm 'a b'\"}]", Hook(command: ["warm", "a b"])),
        (
            "post_start: [{command: [x], user: \"1:2\", working_dir: /srv/, environment: {A: 1, B: }}]",
            Hook(command: ["x"], user: "1:2", workingDirectory: "/srv", environment: ["A": "1"])
        ),
    ])
    func `a hook is decoded`(_ lines: String, _ hook: Hook) throws {
        #expect(try Sample.web(lines).postStart == [hook])
        #expect(
            try Sample.web(lines.replacing("post_start", with: "pre_stop")).preStop == [hook]
        )
    }

    @Test(arguments: [
        ("[{command: x, privileged: true}]", "privileged | not supported yet | remove the key, and give"),
        ("[{command: []}]", "[0].command | is empty"), ("[{command: }]", "[0].command | is empty"),
        ("[{user: x}]", "'command' is missing"), ("[{command: x, user: \"a b\"}]", "is not a user or group"),
        ("[{command: x, user: \"70000\"}]", "70000 is outside"),
        ("[{command: x, working_dir: srv}]", "is not an absolute path"),
        ("[{command: x, environment: [\"A B=1\"]}]", "is not the name of a variable"),
        ("[{comand: x}]", "did you mean 'command'?"),
    ])
    func `a hook that cannot run is refused`(_ hooks: String, _ what: String) {
        for key in ["post_start", "pre_stop"] {
            let problems = Sample.webProblems("\(key): \(hooks)")
            #expect(problems.contains { $0.contains(what) }, "\(problems)")
        }
    }
}
