internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeProcessTests {
    @Test(arguments: [
        (
            "command: echo 'a b' c",
            #"{"command":["echo","a b","c"]}"#
        ),
        (
            #"command: """#,
            #"{"command":[]}"#
        ),
        (
            "command: []",
            #"{"command":[]}"#
        ),
        (
            "command: [a, b]",
            #"{"command":["a","b"]}"#
        ),
        (
            "command: null",
            "{}"
        ),
        (
            #"command: "  ""#,
            #"{"command":[]}"#
        ),
        (
            "entrypoint: x y",
            #"{"entrypoint":["x","y"]}"#
        ),
        (
            "entrypoint: []",
            #"{"entrypoint":[]}"#
        ),
        (
            "environment: [A=1, B, C=]",
            #"{"environment":{"A":"1","B":null,"C":""}}"#
        ),
        (
            "labels: [a, b=c]",
            #"{"labels":{"a":"","b":"c"}}"#
        ),
        (
            "labels: {a: , b: 1}",
            #"{"labels":{"a":"","b":"1"}}"#
        ),
        (
            "annotations: [a=b]",
            #"{"annotations":{"a":"b"}}"#
        ),
        (
            "annotations: {a: 1, b: }",
            #"{"annotations":{"a":"1","b":""}}"#
        ),
        (
            "sysctls: [a=1]",
            #"{"sysctls":{"a":"1"}}"#
        ),
        (
            "sysctls: {a: 1}",
            #"{"sysctls":{"a":"1"}}"#
        ),
        (
            "sysctls: {a: }",
            #"{"sysctls":{"a":""}}"#
        ),
        (
            "logging: {}",
            #"{"logging":{}}"#
        ),
        (
            "group_add: [mail, 5]",
            #"{"group_add":["mail","5"]}"#
        ),
        (
            "init: true",
            #"{"init":true}"#
        ),
        (
            "init: false",
            #"{"init":false}"#
        ),
        (
            "tty: true\nstdin_open: true",
            #"{"stdin_open":true,"tty":true}"#
        ),
        (
            "attach: false",
            #"{"attach":false}"#
        ),
        (
            "attach: true",
            #"{"attach":true}"#
        ),
        (
            #"user: "1000""#,
            #"{"user":"1000"}"#
        ),
        (
            "working_dir: rel",
            #"{"working_dir":"rel"}"#
        ),
        (
            "post_start: [{command: echo hi, user: root, privileged: true, working_dir: /x, environment: [A=1, B]}]",
            #"{"post_start":[{"command":["echo","hi"],"environment":{"A":"1","B":null},"privileged":true,"user":"root","working_dir":"/x"}]}"#
        ),
        (
            "pre_stop: [{command: [a, b]}]",
            #"{"pre_stop":[{"command":["a","b"]}]}"#
        ),
        (
            "labels: {com.docker.compose.x: y}",
            #"{"labels":{"com.docker.compose.x":"y"}}"#
        ),
    ])
    func `the process and its metadata have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
