internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeRightsTests {
    @Test(arguments: [
        (
            "devices: [/dev/a]",
            #"{"devices":[{"permissions":"rwm","source":"/dev/a","target":"/dev/a"}]}"#
        ),
        (
            #"devices: ["/dev/a:/dev/b"]"#,
            #"{"devices":[{"permissions":"rwm","source":"/dev/a","target":"/dev/b"}]}"#
        ),
        (
            #"devices: ["/dev/a:/dev/b:r"]"#,
            #"{"devices":[{"permissions":"r","source":"/dev/a","target":"/dev/b"}]}"#
        ),
        (
            "devices: [vendor/x=all]",
            #"{"devices":[{"permissions":"rwm","source":"vendor/x=all","target":"vendor/x=all"}]}"#
        ),
        (
            "devices: [{source: /dev/x, target: /dev/y, permissions: rwm}]",
            #"{"devices":[{"permissions":"rwm","source":"/dev/x","target":"/dev/y"}]}"#
        ),
        (
            #"ulimits: {nofile: 10, nproc: "20", as: {soft: 1, hard: 2}}"#,
            #"{"ulimits":{"as":{"hard":2,"soft":1},"nofile":10,"nproc":20}}"#
        ),
        (
            #"ulimits: {nofile: {soft: "1", hard: -1}}"#,
            #"{"ulimits":{"nofile":{"hard":-1,"soft":1}}}"#
        ),
        (
            "ulimits: {nofile: -1}",
            #"{"ulimits":{"nofile":-1}}"#
        ),
        (
            "ulimits: {foo: 1}",
            #"{"ulimits":{"foo":1}}"#
        ),
        (
            "credential_spec: {file: my.json}",
            #"{"credential_spec":{"file":"my.json"}}"#
        ),
        (
            "credential_spec: {registry: x}",
            #"{"credential_spec":{"registry":"x"}}"#
        ),
        (
            "credential_spec: {config: x}",
            "services.web.credential_spec.config | config 'x' is not defined | add it under 'configs'"
        ),
        (
            "credential_spec: {registry: x, file: y}",
            #"{"credential_spec":{"file":"y","registry":"x"}}"#
        ),
        (
            "cap_add: [ALL]",
            #"{"cap_add":["ALL"]}"#
        ),
        (
            "security_opt: [a]",
            #"{"security_opt":["a"]}"#
        ),
        (
            "privileged: true",
            #"{"privileged":true}"#
        ),
        (
            "privileged: false",
            "{}"
        ),
        (
            "runtime: x",
            #"{"runtime":"x"}"#
        ),
        (
            "userns_mode: host",
            #"{"userns_mode":"host"}"#
        ),
        (
            "uts: host",
            #"{"uts":"host"}"#
        ),
        (
            "ipc: host",
            #"{"ipc":"host"}"#
        ),
        (
            "pid: host",
            #"{"pid":"host"}"#
        ),
        (
            "cgroup: host",
            #"{"cgroup":"host"}"#
        ),
        (
            "cgroup_parent: x",
            #"{"cgroup_parent":"x"}"#
        ),
        (
            "isolation: x",
            #"{"isolation":"x"}"#
        ),
        (
            "use_api_socket: true",
            #"{"use_api_socket":true}"#
        ),
        (
            "use_api_socket: false",
            "{}"
        ),
        (
            #"device_cgroup_rules: ["c 1:3 mr"]"#,
            #"{"device_cgroup_rules":["c 1:3 mr"]}"#
        ),
        (
            "ulimits: {memlock: {soft: -1, hard: -1}}",
            #"{"ulimits":{"memlock":{"hard":-1,"soft":-1}}}"#
        ),
        (
            #"devices: ["/dev/ttyUSB0:/dev/ttyUSB0", "/dev/dri"]"#,
            #"{"devices":[{"permissions":"rwm","source":"/dev/ttyUSB0","target":"/dev/ttyUSB0"},{"permissions":"rwm","source":"/dev/dri","target":"/dev/dri"}]}"#
        ),
        (
            #"security_opt: ["no-new-privileges:true", "seccomp:unconfined", "apparmor=unconfined"]"#,
            #"{"security_opt":["no-new-privileges:true","seccomp:unconfined","apparmor=unconfined"]}"#
        ),
        (
            #"security_opt: ["seccomp:./profile.json"]"#,
            #"{"security_opt":["seccomp:./profile.json"]}"#
        ),
        (
            "cap_drop: [ALL]",
            #"{"cap_drop":["ALL"]}"#
        ),
    ])
    func `rights and devices have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
