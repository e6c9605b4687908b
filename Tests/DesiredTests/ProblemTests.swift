// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct ProblemTests {
    @Test func `a problem names its place and the remedy`() {
        let yaml = "name: a\nservices:\n  web:\n    image: i\n    prots: []\n    build: .\n    user: 1000\n"
        #expect(
            Sample.problems(yaml) == [
                "app.yaml:5:5: services.web.prots: unknown key: did you mean 'ports'?",
                "app.yaml:6:5: services.web.build: not supported yet: remove the key",
                "app.yaml:7:11: services.web.user: must be a string, is a number: put it in quotes",
            ]
        )
    }

    @Test(arguments: [
        ("", "the file is empty"), ("# only a comment\n", "the file is empty"),
        ("- a\n", "must be a mapping, is a list"),
        ("just text", "must be a mapping, is a string"), ("name: a\nservices: {}\n", "there is no service"),
        ("services: {web: {image: i}}\n", "'name' is missing"), ("name: a\n", "'services' is missing"),
        ("name: A\nservices: {web: {image: i}}\n", "'A' is not an app name"),
        ("name: -a\nservices: {web: {image: i}}\n", "'-a' is not an app name"),
        ("name: a\nservices: {we b: {image: i}}\n", "'we b' is not a name"),
        ("name: a\nservices: {..: {image: i}}\n", "'..' is not a name"),
        ("name: a\nservices: {web: }\n", "must be a mapping, is empty"),
        ("name: a\nservices: {web: {}}\n", "'image' is missing"),
        ("name: a\nname: b\nservices: {web: {image: i}}\n", "duplicate key 'name'"),
        ("name: a\nservices: {web: {image: i, image: j}}\n", "duplicate key 'image'"),
        ("name: a\nservices: {web: {image: i}\n", "not valid YAML"),
        ("name: *none\n", "an alias without its anchor"),
        ("name: \u{1}\n", "not valid YAML"),
        ("name: a\nmodels: {}\nservices: {web: {image: i}}\n", "not supported yet"),
        ("name: a\nx-martlet: {format: 2}\nservices: {web: {image: i}}\n", "format 2 is newer"),
        ("name: a\nx-martlet: {formt: 1}\nservices: {web: {image: i}}\n", "did you mean 'format'?"),
        (
            "name: a\nx-martlet: {place: {}}\nservices: {web: {image: i}}\n",
            "x-martlet.place: not supported yet"
        ),
        ("name: a\nservcies: {web: {image: i}}\n", "did you mean 'services'?"),
        (
            "name: a\nservices: {web: {image: i}}\nnetworks: {n: {driver: overlay}}\n",
            "driver 'overlay' is not supported yet"
        ),
        ("name: a\nservices: {web: {image: i}}\nnetworks: {n: {external: true}}\n", "not supported yet"),
        (
            "name: a\nservices: {web: {image: i}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.1/24}]}}}\n",
            "is not a subnet"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.1.0.1}]}}}\n",
            "is not an address of a host"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nnetworks: {n: {ipam: {config: [{subnet: 'fd00::/64'}]}}}\n",
            "add 'enable_ipv6: true'"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nnetworks: {n: {ipam: {config: [{subnet: 10.0.0.0/8}, {subnet: 10.1.0.0/16}]}}}\n",
            "overlaps with 10.0.0.0/8"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nvolumes: {v: {x-martlet: {}}}\n",
            "volumes.v.x-martlet: 'store' is missing: name a store of node.yaml"
        ),
        ("name: a\nservices: {web: {image: i}}\nvolumes: {v: {driver: nfs}}\n", "not supported yet"),
        (
            "name: a\nservices: {web: {image: i, container_name: x1}, b: {image: i, container_name: x1}}\n",
            "container name x1 belongs to web already"
        ),
        ("name: a\nservices: {web: {image: i, tty: !!binary aGk=}}\n", "tag"),
        ("name: a\nservices: {web: !foo {image: i}}\n", "tag '!foo' is not supported"),
        ("name: a\nservices: {web: {image: i, <<: 5}}\n", "'<<' merges mappings only"),
        ("name: a\nservices: {web: {image: i, hostname: \"a\\0b\"}}\n", "a NUL character"),
        ("name: a\nservices: {web: {image: i}, ? [a] : {image: j}}\n", "a key must be a single word"),
    ])
    func `a bad file is refused`(_ yaml: String, _ part: String) {
        let problems = Sample.problems(yaml)
        #expect(problems.contains { $0.contains(part) }, "\(problems)")
        #expect(problems.allSatisfy { $0.hasPrefix("app.yaml:") && !$0.contains("\n") })
    }

    @Test(arguments: [
        ("command: 5", "must be a string"),
        ("command: [sleep, 10]", "put it in quotes"), ("command: \"echo 'a\"", "a quote is left open"),
        ("command: npm install && npm start", "'&' is for a shell, and none reads this line"),
        ("entrypoint: run > /dev/null", "'>' is for a shell"), ("command: echo `date`", "'`' is for a shell"),
        ("command: \"a \\\\\"", "a quote is left open"),
        ("environment: {A: 1.10}", "whose spelling is lost"),
        ("environment: {A: 0644}", "whose spelling is lost"),
        ("environment: {A: 1_000}", "whose spelling is lost"),
        ("environment: {A: True}", "whose spelling is lost"),
        ("environment: {A: [1]}", "must be a string"), ("environment: [A=1, A=2]", "is given twice"),
        ("environment: ['A B=1']", "is not the name of a variable"),
        ("environment: A=1", "must be a mapping or a list"),
        ("tty: true", "a terminal is not supported yet"), ("tty: yes", "a terminal is not supported yet"),
        ("tty: \"1\"", "must be true or false"),
        ("init: 1", "must be true or false"),
        ("working_dir: srv", "is not an absolute path"), ("working_dir: /a/../b", "is not an absolute path"),
        ("restart: sometimes", "is not a restart policy"), ("restart: false", "must be a string"),
        ("restart: \"no\"\ndeploy: {restart_policy: {condition: any}}", "contradicts"),
        ("stop_signal: SIGFOO", "is not a signal"), ("stop_grace_period: 10", "is not a duration"),
        ("stop_grace_period: 10 s", "is not a duration"), ("mem_limit: lots", "is not a size"),
        ("mem_limit: -1", "is not a size"),
        ("mem_limit: 64q", "is not a size"), ("mem_limit: 99999999999g", "is not a size"),
        ("mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}", "differs from services.web.deploy"),
        (
            "deploy: {resources: {limits: {memory: 1g}, reservations: {memory: 2g}}}",
            "more memory is reserved"
        ),
        ("cpus: 1e3", "is not a number of processors"), ("cpus: -1", "is not a number of processors"),
        ("scale: -1", "is not a whole number"), ("scale: 2\ncontainer_name: one", "cannot have one name"),
        ("scale: 2\ndeploy: {replicas: 3}", "differs from"), ("deploy: {mode: global}", "not supported yet"),
        ("deploy: {replcas: 1}", "did you mean 'replicas'?"), ("volumes: [/data]", "anonymous volume"),
        ("volumes: ['nope:/data']", "volume 'nope' is not defined"),
        ("volumes: ['data:rel']", "is not a mount"),
        ("volumes: ['data:/x:z']", "bind.selinux | not supported yet"),
        ("volumes: ['data:/x:q']", "'q' is not an option of a volume"),
        ("volumes: ['~/x:/y']", "'~' needs the variable HOME, which is not set | write the absolute path"),
        ("volumes: ['data:/x', 'data:/x/']", "is mounted twice"),
        ("volumes: ['data:/']", "must not cover the root"),
        ("volumes: ['data:/x/../../y']", "is not a mount"),
        ("volumes: [{type: nfs, target: /x}]", "is not a type of mount"),
        ("volumes: [{type: volume, source: data, target: /x, bind: {}}]", "does not go with type volume"),
        ("tmpfs: /tmp:size=huge", "is not a value of size"), ("tmpfs: /tmp:huge=1", "is not supported yet"),
        ("networks: [nope]", "network 'nope' is not defined"), ("networks: [front, front]", "is given twice"),
        ("networks: {back: {ipv4_address: 10.88.0.1}}", "is in no subnet"),
        ("networks: {back: {ipv4_address: 10.77.1.0}}", "is taken by"),
        ("networks: {back: {priority: 5}}", "not supported yet"),
        ("network_mode: bridge", "that all apps share, is not supported yet"),
        ("network_mode: container:x", "not supported yet"),
        ("network_mode: host\nports: [80]", "does not go with network_mode host"),
        ("depends_on: [nope]", "service 'nope' is not defined"),
        ("depends_on: {x: {condition: x, required: false}}", "is not a condition"),
        ("depends_on: {x: {required: false}}", "'condition' is missing"),
        ("healthcheck: {test: [curl, x]}", "is not a health test"),
        ("healthcheck: {test: [NONE, x]}", "is not a health test"),
        ("healthcheck: {interval: 0s}", "at least 1ms"),
        ("healthcheck: {retries: 0}", "is not a whole number"),
        ("cap_add: [SYS_NOPE]", "is not a capability"), ("cap_add: [CHOWN, CAP_CHOWN]", "is given twice"),
        ("security_opt: [apparmor=x]", "not supported yet"),
        ("security_opt: [nonsense]", "is not a security option"),
        ("privileged: true", "not supported yet"),
        ("x-martlet: {userns: other}", "is not a user namespace"),
        ("x-martlet: {systemd: 1}", "must be true or false"),
        ("x-martlet: {systemd: true}\ninit: true", "does not go with x-martlet.systemd"),
        ("security_opt: ['writable-cgroups:maybe']", "not supported yet"),
        ("x-martlet: {egress: {}}", "x-martlet.egress | not supported yet"),
        ("x-martlet: {usrns: auto}", "did you mean 'userns'?"), ("pull_policy: build", "not supported yet"),
        ("pull_policy: often", "is not a pull policy"), ("ulimits: {nofiles: 1}", "is not a limit"),
        ("ulimits: {nofile: {soft: 2, hard: 1}}", "the soft limit is above"),
        ("devices: [fuse]", "is not a device"),
        ("devices: ['/dev/a:/dev/b:q']", "is not a choice of rwm"),
        ("devices: [vendor.com/gpu=all]", "CDI device"),
        ("extra_hosts: ['db:host-gateway']", "not supported yet"),
        ("extra_hosts: ['db:nope']", "is not an IP address"),
        ("extra_hosts: ['d b:10.0.0.1']", "is not a host name"), ("dns: [localhost]", "is not an IP address"),
        ("oom_score_adj: 1001", "is not a whole number"), ("pids_limit: 1.5", "is not a whole number"),
        ("container_name: -x", "is not a container name"), ("command: echo ${date", "not a valid variable"),
        ("ipc: host", "not supported yet"), ("pid: host", "not supported yet"),
        ("labels: {a: {b: c}}", "must be a string"),
        ("tmpfs: [5]", "must be a string"), ("shm_size: true", "must be a string or a number"),
        ("zzzzzzzz: 1", "unknown key"),
    ])
    func `a bad service is refused`(_ lines: String, _ part: String) {
        let problems = Sample.webProblems(lines)
        #expect(problems.count == 1 && problems.contains { $0.contains(part) }, "\(problems)")
    }

    @Test(arguments: [
        "''", "/i", "a b", "i:", "i@sha256:00", "a//b", "a/../b", "i\\n", "[1]", "-i", "${NONE}",
    ])
    func `what cannot be an image reference is refused`(_ image: String) {
        let value = image.contains("\\") ? "\"\(image)\"" : image
        #expect(Sample.problems("name: a\nservices: {web: {image: \(value)}}\n").count == 1)
    }

    @Test(arguments: [
        "i", "a/b:1", "localhost:5000/a/b:x", "[::1]:5000/a", "a@sha256:" + String(repeating: "0", count: 64),
    ])
    func `an image reference is kept as written`(_ image: String) throws {
        #expect(
            try Sample.app("name: a\nservices:\n  web:\n    image: '\(image)'\n").services[0].image == image
        )
    }

    @Test(arguments: [
        ("blkio_config", "{weight: 300}"), ("build", "."),
        ("cgroup_parent", "x"), ("cpu_count", "2"), ("cpu_percent", "50"),
        ("cpu_rt_period", "1400"), ("cpu_rt_runtime", "400"),
        ("credential_spec", "{file: x}"), ("develop", "{watch: []}"),
        ("device_cgroup_rules", "['c 1:3 mr']"),
        ("external_links", "[x]"), ("gpus", "all"),
        ("logging", "{driver: x}"),
        ("mac_address", "'02:42:ac:11:65:43'"), ("mem_swappiness", "50"),
        ("memswap_limit", "-1"), ("models", "{}"),
        ("provider", "{type: x}"), ("runtime", "x"),
        ("storage_opt", "{size: 1g}"),
        ("volumes_from", "['container:x']"), ("pull_refresh_after", "1h"),
    ])
    func `a key of the specification that is not honoured says so`(_ key: String, _ value: String) {
        #expect(
            Sample.webProblems("\(key): \(value)") == [
                "services.web.\(key) | not supported yet | remove the key"
            ]
        )
    }

    @Test(arguments: [
        ("privileged", "true", ["false"]), ("oom_kill_disable", "true", ["false"]),
        ("use_api_socket", "true", ["false"]), ("ipc", "host", ["private", "\"\""]),
        ("cgroup", "host", ["private"]), ("pid", "host", ["", "\"\""]), ("uts", "host", ["\"\""]),
        ("isolation", "x", ["default"]), ("userns_mode", "keep-id", ["\"\""]),
    ])
    func `a key is honoured where it says what holds anyway`(
        _ key: String,
        _ other: String,
        _ same: [String]
    ) throws {
        #expect(
            Sample.webProblems("\(key): \(other)") == [
                "services.web.\(key) | '\(other)' is not supported yet | remove the key"
            ]
        )
        for value in same { #expect(try Sample.web("\(key): \(value)") == Sample.web("")) }
    }

    @Test func `what networks and deploy say anyway is honoured`() throws {
        let plain = try Sample.app("name: a\nservices: {web: {image: i, networks: [n]}}\nnetworks: {n: }\n")
        let wordy = try Sample.app(
            "name: a\nservices: {web: {image: i, networks: [n], deploy: {mode: replicated, placement: {}}}}\n"
                + "networks: {n: {enable_ipv4: true, ipam: {driver: default}}}\n"
        )
        #expect(plain == wordy)
        #expect(Sample.webProblems("deploy: {mode: global}").contains { $0.contains("not supported yet") })
        #expect(
            Sample.webProblems("deploy: {placement: {constraints: [x]}}").contains {
                $0.contains("constraints | not supported yet")
            }
        )
    }

    @Test func `a cycle is named`() {
        let problems = Sample.problems(
            "name: a\nservices:\n  a: {image: i, depends_on: [b]}\n  b: {image: i, depends_on: [c]}\n  c: {image: i, depends_on: [b]}\n"
        )
        #expect(
            problems == [
                "app.yaml:4:29: services.b.depends_on: services wait for each other: b -> c -> b: remove one dependency"
            ]
        )
        #expect(Sample.webProblems("depends_on: [web]").contains { $0.contains("web -> web") })
    }

    @Test func `waiting for what cannot come is refused`() {
        let completed =
            "name: a\nservices:\n  a: {image: i, depends_on: {b: {condition: service_completed_successfully}}}\n  b: {image: i, restart: always}\n"
        #expect(Sample.problems(completed).contains { $0.contains("it never completes") })
        let healthy =
            "name: a\nservices:\n  a: {image: i, depends_on: {b: {condition: service_healthy}}}\n  b: {image: i, healthcheck: {disable: true}}\n"
        #expect(Sample.problems(healthy).contains { $0.contains("never healthy") })
    }

    @Test func `a dependency that is not required may be absent`() throws {
        let web = try Sample.web("depends_on: {nope: {condition: service_started, required: false}}")
        #expect(web.dependencies == [Dependency(service: "nope", isRequired: false)])
    }

    @Test func `foreign extensions are left alone`() throws {
        let app = try Sample.app(
            "x-a: [1, {b: $$ $(c)}]\nname: a\nservices: {web: {image: i, x-b: true}, x-c: 5}\nnetworks: {n: {x-d: 1}}\n"
        )
        #expect(app.services.map(\.name) == ["web"])
    }

    @Test func `merge keys let the explicit and then the first win`() throws {
        let app = try Sample.app(
            "name: a\nx-1: &one {hostname: one, read_only: true}\nx-2: &two {hostname: two, init: true}\nservices: {web: {<<: [*one, *two], image: i, read_only: false}}\n"
        )
        let web = app.services[0]
        #expect(web.hostname == "one" && web.hasInit && !web.isReadOnly)
    }
}
