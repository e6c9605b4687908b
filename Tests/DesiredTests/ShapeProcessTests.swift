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
            "labels: {com.docker.x: y}",
            #"{"labels":{"com.docker.x":"y"}}"#
        ),
        (
            #"command: sh -c "a && b | c""#,
            #"{"command":["sh","-c","a && b | c"]}"#
        ),
        (
            #"command: echo "`date`""#,
            #"{"command":["echo","`date`"]}"#
        ),
        (
            "command: echo ${HOME}",
            #"{"command":["echo","/root"]}"#
        ),
        (
            #"command: echo a\ b"#,
            #"{"command":["echo","a b"]}"#
        ),
        (
            "command: \"echo a \\\\\n b\"",
            #"{"command":["echo","a"," b"]}"#
        ),
        (
            "command: \"echo a\n  b\\tc\\rd\"",
            #"{"command":["echo","a","b","c","d"]}"#
        ),
        (
            #"command: echo "" ''"#,
            #"{"command":["echo","",""]}"#
        ),
        (
            #"command: echo a"b c"d"#,
            #"{"command":["echo","ab cd"]}"#
        ),
        (
            "command: echo #x",
            #"{"command":["echo"]}"#
        ),
        (
            #"command: "echo # x""#,
            ##"{"command":["echo","#","x"]}"##
        ),
        (
            #"command: echo a\\"#,
            #"{"command":["echo","a\\"]}"#
        ),
        (
            "command: echo *.txt ~ {a,b}",
            #"{"command":["echo","*.txt","~","{a,b}"]}"#
        ),
        (
            #"command: echo "é ü" 日本"#,
            #"{"command":["echo","é ü","日本"]}"#
        ),
        (
            #"command: "echo \u00a0 x""#,
            #"{"command":["echo"," ","x"]}"#
        ),
        (
            #"command: "a=b c""#,
            #"{"command":["a=b","c"]}"#
        ),
        (
            #"command: "a\\&b""#,
            #"{"command":["a&b"]}"#
        ),
        (
            #"command: "'a;b' c""#,
            #"{"command":["a;b","c"]}"#
        ),
        (
            #"command: "\"a;b\" c""#,
            #"{"command":["a;b","c"]}"#
        ),
        (
            #"command: "echo $$ x""#,
            #"{"command":["echo","$$","x"]}"#
        ),
        (
            #"command: "echo \"$$(date)\" x""#,
            #"{"command":["echo","$$(date)","x"]}"#
        ),
        (
            #"command: "x \"a'b\" 'a\"b'""#,
            #"{"command":["x","a'b","a\"b"]}"#
        ),
        (
            #"command: ["a b", "", "c$$d"]"#,
            #"{"command":["a b","","c$$d"]}"#
        ),
        (
            #"logging: {options: {max-size: "10m", max-file: 3}}"#,
            #"{"logging":{"options":{"max-file":"3","max-size":"10m"}}}"#
        ),
        (
            "environment: {A: \"\", B: null, C: \"x y\", D: \"a\nb\", E: -1, F: 3.14, G: false}",
            #"{"environment":{"A":"","B":null,"C":"x y","D":"a b","E":"-1","F":"3.14","G":"false"}}"#
        ),
        (
            #"environment: ["A=b=c", "B", "C=", "D= x "]"#,
            #"{"environment":{"A":"b=c","B":null,"C":"","D":" x "}}"#
        ),
        (
            #"labels: ["a.b/c=d=e", "traefik.http.routers.x.rule=Host(`a.b`)"]"#,
            #"{"labels":{"a.b/c":"d=e","traefik.http.routers.x.rule":"Host(`a.b`)"}}"#
        ),
        (
            "labels: {traefik.enable: true, a: 1.5}",
            #"{"labels":{"a":"1.5","traefik.enable":"true"}}"#
        ),
        (
            #"sysctls: ["net.core.somaxconn=1024"]"#,
            #"{"sysctls":{"net.core.somaxconn":"1024"}}"#
        ),
        (
            "sysctls: {net.core.somaxconn: 1024}",
            #"{"sysctls":{"net.core.somaxconn":"1024"}}"#
        ),
        (
            #"user: "1000:1000""#,
            #"{"user":"1000:1000"}"#
        ),
        (
            "user: root",
            #"{"user":"root"}"#
        ),
        (
            "working_dir: /a/../b",
            #"{"working_dir":"/a/../b"}"#
        ),
        (
            "group_add: [1000, audio]",
            #"{"group_add":["1000","audio"]}"#
        ),
    ])
    func `the process and its metadata have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
