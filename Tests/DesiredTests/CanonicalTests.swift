// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct CanonicalTests {
    @Test func `the canonical text is fixed to the byte`() throws {
        let app = try Sample.app(
            "name: a\nservices: {web: {image: i, environment: {B: \"x\\n\\\"\\\\\\u0001ü\", A: \"\"}, ports: [\"80:81\"]}}"
        )
        #expect(
            app.canonicalJSON()
                == #"{"format":1,"name":"a","networks":{"default":{}},"services":{"web":{"environment":{"A":"","B":"x\n\"\\\u0001ü"},"image":"i","networks":[{"network":"default"}],"ports":[{"protocol":"tcp","published":[80,80],"target":81}],"replicas":1,"stop_grace_period":10000000000}},"volumes":{}}"#
        )
    }

    @Test func `spelling and order do not matter`() throws {
        let one = try Sample.app(
            "name: a\nservices:\n  web: {image: i, mem_limit: 1g, environment: [A=1, B=2], stop_grace_period: 60s}\n  b: {image: j}\n"
        )
        let two = try Sample.app(
            "# other\nservices:\n  b: {image: j}\n  web:\n    stop_grace_period: 1m\n    environment: {B: 2, A: \"1\"}\n    deploy: {resources: {limits: {memory: 1024m}}}\n    image: i\nname: a\n"
        )
        #expect(one == two && one.canonicalJSON() == two.canonicalJSON())
    }

    @Test(arguments: [
        "command: [x]", "entrypoint: [x]", "environment: {A: 1}", "user: \"1\"", "working_dir: /x",
        "hostname: h", "ports: [80]",
        "volumes: ['data:/x']", "tmpfs: /x", "networks: [front]", "network_mode: none", "read_only: true",
        "cap_add: [CHOWN]",
        "cap_drop: [CHOWN]", "security_opt: ['no-new-privileges:false']",
        "security_opt: [seccomp=unconfined]", "init: true", "security_opt: ['writable-cgroups:true']",
        "stdin_open: true", "ulimits: {nofile: 1}", "sysctls: {kernel.msgmax: 1}", "devices: [/dev/fuse]",
        "extra_hosts: ['a:10.0.0.1']",
        "dns: 10.0.0.1", "container_name: xx", "shm_size: 1m", "group_add: [audio]",
        "x-martlet: {userns: host}", "x-martlet: {systemd: true}", "oom_score_adj: 1", "configs: [conf]",
        "secrets: [key]",
        "post_start: [{command: x}]",
        "annotations: {a: b}", "domainname: example.net", "dns_search: example.net", "dns_opt: ['ndots:1']",
        "platform: linux/amd64",
    ])
    func `a fixed field changes the replace key by its name`(_ lines: String) throws {
        let (before, after) = (try key(""), try key(lines))
        let field = String(lines.prefix { $0 != ":" })
        let own = lines.contains("systemd") ? "systemd" : "userns"
        let name = ["tmpfs": "volumes", "x-martlet": own][field] ?? field
        let changed = try #require(App.changedFields(from: before, to: after))
        #expect(changed.contains(name), "\(changed)")
        #expect(changed.count == 1 || field == "network_mode")
    }

    @Test(arguments: [
        "mem_limit: 1g", "cpus: 2", "pids_limit: 5", "cpu_shares: 5", "restart: always",
        "healthcheck: {test: x, interval: 5s}", "scale: 3",
        "stop_signal: SIGINT", "stop_grace_period: 1s", "pull_policy: never", "labels: {a: b}",
        "pre_stop: [{command: x}]",
        "attach: false", "cpuset: 0-1", "cpu_quota: 50000", "mem_reservation: 1g", "deploy: {labels: {a: b}}",
        "x-martlet: {memory: {high: 1g}}", "x-martlet: {cpu: {latency: premier}}",
        "x-martlet: {cpu: {weight: 7}}",
        "depends_on: {x: {condition: service_started, required: false}}", "deploy: {restart_policy: {}}",
    ])
    func `a live field changes the app but not the replace key`(_ lines: String) throws {
        #expect(try key("") == key(lines))
        #expect(try Sample.web("") != Sample.web(lines))
        let texts = try ["", lines].map { try Sample.app(Sample.header + "    " + $0 + "\n").canonicalJSON() }
        #expect(texts[0] != texts[1])
    }

    @Test func `a changed network changes the replace key of its services`() throws {
        let keys = try ["", "internal: true"].map { properties in
            let app = try Sample.app(
                "name: a\nservices: {web: {image: i, networks: [n]}}\nnetworks: {n: {\(properties)}}\n"
            )
            return app.replaceKey(of: app.services[0])
        }
        #expect(App.changedFields(from: keys[0], to: keys[1]) == ["networks"])
    }

    @Test func `changed fields survive any text and refuse what is not canonical`() throws {
        let tricky = try key("environment: {A: '},\"x\":{[\\\\\"'}")
        #expect(App.changedFields(from: tricky, to: try key("")) == ["environment"])
        #expect(App.changedFields(from: "{}", to: "{}") == [])
        #expect(App.changedFields(from: "{}", to: #"{"a":1}"#) == ["a"])
        for text in ["", "x", "{", "{]", "{a}", #"{"a":1},"#, "sha256:00"] {
            #expect(App.changedFields(from: text, to: "{}") == nil)
        }
    }

    private func key(_ lines: String) throws -> String {
        let web = try Sample.web(lines)
        return App(name: "a", services: [web], networks: [Network(name: "default")]).replaceKey(of: web)
    }
}
