// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// Injection through names and numbers: kernel parameters (S10), users (S15), host names (S33).
@Suite struct SecurityTests {
    @Test(arguments: [
        "{kernel.core_pattern: x}", "{kernel.shm_rmid_forced: '1+kernel.core_pattern=x'}",
        "{net/../kernel/core_pattern: x}",
        "{\"a.b\\nc\": 1}", "{kernel.sem: \"1\\nkernel.core_pattern=|/x\"}",
        "['kernel.shm_rmid_forced=1+kernel.core_pattern=x']",
        "['kernel.shm_rmid_forced=1=2']", "{vm.overcommit_memory: 1}", "{fs.file-max: 1}", "{kernel.shm: 1}",
        "{net..x: 1}",
        "{.net.x: 1}", "{net.core.somaxconn: }", "{net.core.somaxconn: ''}",
        "{kernel.shmmax/../core_pattern: 1}", "{user.max_user_namespaces: 1}",
        "{ｎet.core.x: 1}", "{net.core.x: '１'}", "{kernel.msgfoo: 1}",
    ])
    func `a kernel parameter of the host is refused`(_ value: String) {
        #expect(Sample.webProblems("sysctls: \(value)").count == 1)
    }

    @Test(arguments: [
        "{net.core.somaxconn: 1}", "{kernel.shm_rmid_forced: 1}", "{kernel.msgmax: 8192}",
        "{fs.mqueue.msg_max: 10}",
        "['net.ipv4.ip_local_port_range=1024 65535']", "{kernel.sem: \"250 32000 32 128\"}",
    ])
    func `a kernel parameter of a namespace is accepted`(_ value: String) throws {
        #expect(try Sample.web("sysctls: \(value)").sysctls.count == 1)
    }

    @Test func `network parameters belong to the host when its network is shared`() {
        #expect(Sample.webProblems("network_mode: host\nsysctls: {net.ipv4.ip_forward: 1}").count == 1)
        #expect(Sample.webProblems("network_mode: host\nsysctls: {kernel.msgmax: 1}") == [])
    }

    private static let users = [
        "4294967296", "2147483648:-1", "-1", "0 ", " 0", "+0", "1e3", "root\\n", "１", "65536:65536", "65536",
        "0:65536", "4294967295",
        "", ":", "0:", ":0", "0:0:0", "0x10", "0,1", "007", "a b", "a/b", "..", "-root", "root\\0",
        "ro\\u0301ot", "1_000", "99999999999999999999",
    ]

    @Test(arguments: users)
    func `a user that is not exactly one is refused`(_ user: String) {
        #expect(!Sample.webProblems("user: \"\(user)\"").isEmpty)
        #expect(!Sample.webProblems("group_add: [\"\(user)\"]").isEmpty)
    }

    @Test(arguments: ["0", "0:0", "1000", "65535:65535", "www-data", "_apt:nogroup", "user.name", "svc$$"])
    func `a plain user is accepted`(_ user: String) throws {
        #expect(try Sample.web("user: \"\(user)\"").user == user.replacing("$$", with: "$"))
    }

    @Test func `larger ids need the ids of the host`() throws {
        #expect(try Sample.web("user: \"65536\"\nx-martlet: {userns: host}").user == "65536")
        #expect(!Sample.webProblems("user: \"4294967295\"\nx-martlet: {userns: host}").isEmpty)
    }

    private static let names = [
        "a\\nb", "a\\n", "..", ".", "a..b", "a/b", "-a", "a-", "a.-b", ".a", "a.", "", "a b", "a_b", "ä", "ａ",
        "a\\tb", "a\\u2028b",
        String(repeating: "a", count: 300), String(repeating: "a", count: 64),
        String(repeating: "a.", count: 40) + "a",
    ]

    @Test(arguments: names)
    func `a host name that RFC 1123 does not know is refused`(_ name: String) {
        #expect(!Sample.webProblems("hostname: \"\(name)\"").isEmpty)
    }

    @Test(arguments: ["a\\nb", "..", "-a", "a/b", "a b", ""])
    func `names that end in files of the container are refused`(_ name: String) {
        #expect(!Sample.webProblems("extra_hosts: {\"\(name)\": 10.0.0.1}").isEmpty)
        #expect(!Sample.webProblems("extra_hosts: {a: \"10.0.0.1\\n\(name)\"}").isEmpty)
        #expect(!Sample.webProblems("networks: {front: {aliases: [\"\(name)\"]}}").isEmpty)
        #expect(!Sample.webProblems("container_name: \"\(name)\"").isEmpty)
        #expect(!Sample.webProblems("dns: [\"10.0.0.1\\nnameserver 6.6.6.6\"]").isEmpty)
    }

    @Test(arguments: ["a\\n", "a=b\\n", "a b", "A=\\u0301x"])
    func `names of variables hold no separator`(_ name: String) {
        #expect(!Sample.webProblems("environment: {\"\(name)\": x}").isEmpty)
    }

    @Test(arguments: ["/a/../\\u0301b", "/a/..", "/../x", "/a\\n", "a", "/a/./../b"])
    func `a path does not climb`(_ path: String) {
        #expect(!Sample.webProblems("working_dir: \"\(path)\"").isEmpty)
        #expect(!Sample.webProblems("tmpfs: [\"\(path)\"]").isEmpty)
        #expect(!Sample.webProblems("volumes: [{type: tmpfs, target: \"\(path)\"}]").isEmpty)
    }
}
