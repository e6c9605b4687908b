// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Testing

@Suite struct NodeSettingsTests {
    private func problems(_ yaml: String) -> [String] {
        do throws(Report) {
            _ = try NodeSettings.decode(yaml: yaml, file: "node.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `the commented example is read`() throws {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        let file = try #require(fopen(root.joined(separator: "/") + "/Config/node.yaml", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        bytes.removeSubrange(fread(&bytes, 1, bytes.count, file)...)

        var wanted = NodeSettings()
        wanted.labels = ["role": "web", "zone": "eu-1"]
        wanted.api.socket = "/run/martlet/martlet.sock"
        let found = try NodeSettings.decode(yaml: String(decoding: bytes, as: UTF8.self), file: "node.yaml")
        #expect(found == wanted)
    }

    @Test func `a file of one line is a node without a file`() throws {
        #expect(try NodeSettings.decode(yaml: "format: 1\n", file: "node.yaml") == NodeSettings())
    }

    @Test func `every value is taken over`() throws {
        let yaml = """
            format: 1
            x-mine: &labels {role: web, 'a.b/c-d_e': '007', rank: 3, old: false}
            node: {name: node-7.example.net, labels: *labels, x-note: text}
            api: {socket: /run//other/./a.sock}
            userns: {range: auto, allow_host: true}
            gc: {keep_generations: 12, images: {high: 70, low: 60, min_age: 1h}}
            firewall: {bind_default: loopback}
            """
        var wanted = NodeSettings()
        wanted.name = "node-7.example.net"
        wanted.labels = ["role": "web", "a.b/c-d_e": "007", "rank": "3", "old": "false"]
        wanted.api.socket = "/run/other/a.sock"
        wanted.allowsHostIDs = true
        wanted.keepGenerations = 12
        wanted.imagesHigh = 70
        wanted.imagesLow = 60
        wanted.imagesMinimumAge = .seconds(3600)
        #expect(try NodeSettings.decode(yaml: yaml, file: "node.yaml") == wanted)
    }

    @Test func `registries are read with everything that may be said about one`() throws {
        let yaml = """
            format: 1
            registries:
              - { prefix: docker.io, mirrors: ["https://mirror.example.net", "http://10.0.0.1:5000/hub"], fallback: false }
              - { prefix: "registry.example.net:5000/team", auth: "cred:registry.json", ca: /etc/martlet/ca.pem }
              - { prefix: "[::1]:5000", insecure: http }
              - { prefix: lab.example.net, insecure: unverified, token_hosts: ["auth.example.net:8443"] }
            """
        var hub = RegistrySettings(prefix: "docker.io")
        hub.mirrors = ["https://mirror.example.net", "http://10.0.0.1:5000/hub"]
        hub.fallsBack = false
        var team = RegistrySettings(prefix: "registry.example.net:5000/team")
        team.credentials = .credential("registry.json")
        team.authorities = .path("/etc/martlet/ca.pem")
        var local = RegistrySettings(prefix: "[::1]:5000")
        local.security = .http
        var lab = RegistrySettings(prefix: "lab.example.net")
        lab.security = .unverified
        lab.tokenHosts = ["auth.example.net:8443"]
        let found = try NodeSettings.decode(yaml: yaml, file: "node.yaml").registries
        #expect(found == [hub, team, local, lab])
    }

    @Test(arguments: [
        ("{}", "'prefix' is missing"), ("{prefix: example}", "is not a prefix of repositories"),
        ("{prefix: a.example//}", "is not a prefix"), ("{prefix: 'a.example:0'}", "is not a prefix"),
        ("{prefix: a.example, mirrors: [ftp://b.example]}", "is not a mirror"),
        ("{prefix: a.example, mirrors: ['https://u:p@b.example']}", "is not a mirror"),
        ("{prefix: a.example, mirrors: b.example}", "must be a list"),
        ("{prefix: a.example, auth: 'cred:../x'}", "is not the name of a systemd credential"),
        ("{prefix: a.example, auth: x}", "is not an absolute path"),
        ("{prefix: a.example, insecure: true}", "must be a string"),
        ("{prefix: a.example, insecure: all}", "is not a way to be insecure: use http or unverified"),
        ("{prefix: a.example, token_hosts: ['https://b.example']}", "is not a host"),
        ("{prefix: a.example, fallback: false}", "nothing would be asked"),
        ("{prefix: a.example, mirror: x}", "unknown key: did you mean 'mirrors'?"),
        ("{prefix: a.example}, {prefix: a.example}", "is there twice"),
        ("{prefix: a.example}, {prefix: 'A.example:443'}", "is there twice"),
        ("{prefix: a.example, insecure: verified}", "is not a way to be insecure"),
    ])
    func `a registry that cannot be meant is refused`(_ text: String, _ words: String) {
        let found = problems("format: 1\nregistries: [\(text)]\n")
        #expect(found.count == 1 && found.first?.contains(words) == true, "\(found)")
    }

    @Test func `what follows a drift is one of three words`() throws {
        func drift(_ text: String) throws -> DriftAction {
            try NodeSettings.decode(yaml: "format: 1\n\(text)\n", file: "node.yaml").drift
        }
        #expect(try drift("") == .correct && drift("apply: {}") == .correct)
        #expect(try drift("apply: {drift: report}") == .report)
        #expect(try drift("apply: {drift: ignore}") == .ignore)
        #expect(
            problems("format: 1\napply: {drift: mend}\n") == [
                "node.yaml:2:16: apply.drift: 'mend' is not what follows a drift: use correct, report or ignore"
            ]
        )
    }

    @Test func `who makes control groups is one of two words, and a machine is a scope`() throws {
        func cgroups(_ text: String) throws -> CgroupSettings {
            try NodeSettings.decode(yaml: "format: 1\n\(text)\n", file: "node.yaml").cgroups
        }
        #expect(
            try cgroups("") == CgroupSettings() && cgroups("cgroups: {driver: delegated}") == CgroupSettings()
        )
        #expect(try cgroups("cgroups: {driver: systemd}").driver == .systemd)
        let both = try cgroups("cgroups: {driver: systemd, machines: true}")
        #expect(both.driver == .systemd && both.registersMachines)
        #expect(
            problems("format: 1\ncgroups: {driver: cgroupfs}\n") == [
                "node.yaml:2:19: cgroups.driver: 'cgroupfs' is not who makes control groups: use delegated or systemd"
            ]
        )
        #expect(
            problems("format: 1\ncgroups: {machines: true}\n") == [
                "node.yaml:2:21: cgroups.machines: a machine is a scope: set 'driver: systemd', or remove the key"
            ]
        )
    }

    @Test func `the release that a node is to go on as is read`() throws {
        func update(_ text: String) throws -> AgentUpdate? {
            try NodeSettings.decode(yaml: "format: 1\nupdate: \(text)\n", file: "node.yaml").agentUpdate
        }
        var wanted = AgentUpdate("r.test/martlet:2")
        #expect(try update("{}") == nil)
        #expect(try update("{agent: {source: r.test/martlet:2}}") == wanted)
        #expect(wanted.health == .seconds(120))
        (wanted.verify, wanted.health) = ("release-key", .seconds(30))
        #expect(try update("{agent: {source: r.test/martlet:2, verify: release-key, health: 30s}}") == wanted)
        #expect(
            problems("format: 1\nupdate: {agent: {source: a, health: 5m}}\n") == [
                "node.yaml:2:37: update.agent.health: must be from 15s to 4m: write for example 2m"
            ]
        )
        #expect(problems("format: 1\nupdate: {agent: {}}\n").count == 1)
        #expect(problems("format: 1\nupdate: {agent: {source: a, follow: ~1}}\n").count == 1)
    }

    @Test func `a problem names its place and the remedy`() {
        #expect(
            problems("format: 1\nnode:\n  nmae: a\nuserns:\n  allow_host: 1\nupdate: {os: {}}\n") == [
                "node.yaml:3:3: node.nmae: unknown key: did you mean 'name'?",
                "node.yaml:5:15: userns.allow_host: must be true or false, is a number",
                "node.yaml:6:10: update.os: not supported yet: remove the key",
            ]
        )
    }

    @Test(arguments: [
        "update: {os: {}}",
        "firewall: {table: x}",
        "firewall: {priority: 0}",
    ])
    func `a key that is announced and not honoured says so`(_ line: String) {
        let found = problems("format: 1\n\(line)\n")
        #expect(found.count == 1 && found[0].hasSuffix(": not supported yet: remove the key"), "\(found)")
    }

    @Test(arguments: [
        ("", "the file is empty"),
        ("[]", "must be a mapping, is a list"),
        ("node: {name: a}", "'format' is missing: add 'format: 1'"),
        ("format: 2", "format 2 is newer than this agent knows: update the agent, or use 1"),
        ("format: 0", "is not a whole number of at least 1"),
        ("format: one", "is not a whole number of at least 1"),
        ("format: 1\nformat: 1", "duplicate key 'format'"),
        ("format: 1\nfirewal: {}", "unknown key: did you mean 'firewall'?"),
        ("format: 1\nx-martlet: {}", "unknown key"),
        ("format: 1\nname: a", "unknown key"),
        ("format: 1\nnode:", "must be a mapping, is empty"),
        ("format: 1\nnode: {name: }", "must be a string or a number, is empty"),
        ("format: 1\nnode: {name: a_b}", "'a_b' is not a node name: use a host name, or 'auto'"),
        ("format: 1\nnode: {name: \(String(repeating: "a.", count: 40))b}", "is not a node name"),
        ("format: 1\nnode: {labels: [role=web]}", "must be a mapping, is a list"),
        ("format: 1\nnode: {labels: {role: }}", "must be a string"),
        ("format: 1\nnode: {labels: {role: ''}}", "'' is not the value of a label"),
        ("format: 1\nnode: {labels: {role: 'a b'}}", "'a b' is not the value of a label"),
        ("format: 1\nnode: {labels: {role: 1.10}}", "put it in quotes"),
        ("format: 1\nnode: {labels: {'a=b': c}}", "'a=b' is not a label"),
        ("format: 1\nnode: {labels: {\(String(repeating: "a", count: 64)): c}}", "is not a label"),
        (
            "format: 1\nnode: {labels: {\((0..<101).map { "l\($0): x" }.joined(separator: ", "))}}",
            "more than 100 labels"
        ),
        ("format: 1\napi: {socket: martlet.sock}", "is not an absolute path"),
        ("format: 1\napi: {socket: /run/../x}", "is not an absolute path"),
        ("format: 1\napi: {socket: /}", "cannot be the path of a socket"),
        (
            "format: 1\napi: {socket: /\(String(repeating: "a", count: 107))}",
            "name a file, in at most 107 bytes"
        ),
        ("format: 1\nuserns: {range: '5000:65536'}", "'5000:65536' is not supported yet: use 'auto'"),
        ("format: 1\nuserns: {allow_host: yes}", "must be true or false"),
        ("format: 1\nuserns: host", "must be a mapping, is a string"),
        ("format: 1\ngc: {keep_generations: 0}", "is not a whole number from 1 to 100"),
        ("format: 1\ngc: {keep_generations: 101}", "is not a whole number from 1 to 100"),
        ("format: 1\ngc: {images: {high: 0}}", "is not a whole number from 1 to 100"),
        ("format: 1\ngc: {images: {high: 70, low: 71}}", "is above 'high', 70"),
        ("format: 1\ngc: {images: {min_age: soon}}", "a duration"),
        ("format: 1\nfirewall: {bind_default: any}", "'any' is not supported yet: use 'loopback'"),
        ("format: 1\nnode: {name: \"${HOST}\"}", "no variable is put in here: write the value out"),
        ("format: 1\nnode: {labels: {role: \"${A:-b}\"}}", "no variable is put in here"),
        ("format: 1\nnode: {name: !!binary aGk=}", "is not supported"),
        ("format: 1\n---\nformat: 1", "a second document"),
    ])
    func `a bad file is refused`(_ yaml: String, _ part: String) {
        let found = problems(yaml)
        #expect(found.contains { $0.contains(part) }, "\(found)")
        #expect(found.allSatisfy { $0.hasPrefix("node.yaml:") && !$0.contains("\n") })
    }

    @Test(arguments: [
        (
            "x-a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
                + (1..<10).map { level in
                    let item = "*a\(level - 1)"
                    return "x-a\(level): &a\(level) ["
                        + Array(repeating: item, count: 9).joined(separator: ", ") + "]\n"
                }.joined() + "format: 1\nnode: {labels: *a9}\n",
            "once aliases are put in"
        ),
        (String(repeating: "{a: ", count: 100_000), "deeper than 64"),
        (
            "format: 1\nnode: {labels: {a: \(String(repeating: "[", count: 65))"
                + "\(String(repeating: "]", count: 65))}}",
            "deeper than 64"
        ),
        ("format: 1\n#" + String(repeating: "x", count: 4 << 20), "larger than 4 MiB"),
        ("format: 1\nnode: {labels: {[a] : b}}", "a key must be a single word"),
    ])
    func `a bomb is refused`(_ yaml: String, _ part: String) {
        let found = problems(yaml)
        #expect(found.contains { $0.contains(part) }, "\(found.prefix(3))")
    }
}
