// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// Keys of a service that stand for themselves.
@Suite struct ServiceKeysTests {
    private static let sample = [
        "domainname: example.net", "dns_search: [a.example, .]", "dns_opt: ['ndots:2', use-vc]",
        "links: ['other', 'other:db']", "annotations: {a: b, n: 1}", "attach: false",
        "platform: linux/arm64/v8", "cpuset: 0-1,3", "cpu_quota: 150000", "cpu_period: 50000",
        "x-martlet: {memory: {high: 1g, swap_max: 0}, cpu: {latency: priority, weight: 7, exclusive: true}}",
        "mem_limit: 2g", "mem_reservation: 1g", "deploy: {labels: [x=y]}", "expose: [80, '81-90/udp']",
    ]

    @Test func `each is decoded`() throws {
        let lines = Self.sample.map { "    \($0)\n" }.joined()
        let web = try #require(
            try Sample.app(
                "name: a\nservices:\n  web:\n    image: i\n\(lines)\n  other: {image: i}\nnetworks: {default: {labels: {n: v}, driver_opts: {}}}\n"
            ).service("web")
        )
        #expect(web.domainName == "example.net")
        #expect(web.searchDomains == ["a.example", "."])
        #expect(web.resolverOptions == ["ndots:2", "use-vc"])
        #expect(
            web.links == [Link(service: "other", alias: "other"), Link(service: "other", alias: "db")]
        )
        #expect(web.dependencies == [Dependency(service: "other", restarts: true)])
        #expect(web.annotations == ["a": "b", "n": "1"] && web.serviceLabels == ["x": "y"])
        #expect(!web.isAttached && web.platform == "linux/arm64/v8")
        #expect(web.resources.processors == "0-1,3")
        #expect(web.resources.cpuQuota == .milliseconds(150) && web.resources.cpuPeriod == .milliseconds(50))
        #expect(web.resources.memoryReservation?.bytes == 1 << 30)
        #expect(web.resources.memoryHigh?.bytes == 1 << 30 && web.resources.swapLimit?.bytes == 0)
        #expect(web.resources.latency == .priority && web.resources.weight == 7 && web.resources.isExclusive)
    }

    @Test(arguments: [
        ("", false, false), ("security_opt: [writable-cgroups]", true, false),
        ("security_opt: ['writable-cgroups=true']", true, false),
        ("security_opt: ['writable-cgroups:false']", false, false),
        ("x-martlet: {systemd: true}", false, true),
        ("x-martlet: {systemd: false, userns: host}", false, false),
    ])
    func `a service has control groups of its own where it says so`(
        _ lines: String,
        _ areWritable: Bool,
        _ runsSystemd: Bool
    ) throws {
        let web = try Sample.web(lines)
        #expect(web.hasWritableControlGroups == areWritable && web.runsSystemd == runsSystemd)
    }

    @Test(arguments: [
        ("domainname: a_b", "is not a domain name"), ("dns_search: [-x]", "is not a domain name"),
        ("dns_opt: [\"a b\"]", "is not an option"),
        ("dns_opt: [\"a\\nnameserver 1.1.1.1\"]", "is not an option"),
        ("links: [':x']", "is not a link"), ("links: ['web2:a b']", "is not a link"),
        ("network_mode: host\nlinks: ['web2:x']", "an alias does not go with network_mode host"),
        ("external_links: [x]", "not supported yet"), ("cpu_quota: 999", "a quota is of at least 1000"),
        ("cpu_period: 999", "a period is from 1000"), ("cpu_period: 1000001", "is not a whole number"),
        ("cpus: 1\ncpu_quota: 5000", "beside 'cpus' is not supported yet"),
        ("cpuset: 3-1", "is not a set of processors"),
        ("mem_limit: 1m\nmem_reservation: 2m", "more memory is reserved than the limit allows"),
        ("mem_limit: 1m\nx-martlet: {memory: {high: 2m}}", "is never reached"),
        ("x-martlet: {memory: {swap_max: 2m}}", "needs a limit of memory"),
        ("x-martlet: {memory: {hihg: 2m}}", "did you mean 'high'?"),
        ("x-martlet: {cpu: {latency: fast}}", "is not a latency class"),
        ("x-martlet: {cpu: {weight: 0}}", "is not a whole number"),
        ("cpu_shares: 5\nx-martlet: {cpu: {weight: 5}}", "say what it weighs, too"),
        ("x-martlet: {cpu: {exclusive: true}}", "no processor is named"),
        ("cpus: 2.5\ncpuset: 0-1\nx-martlet: {cpu: {exclusive: true}}", "has fewer processors"),
        ("deploy: {mode: global}", "not supported yet"), ("tty: true", "a terminal is not supported yet"),
    ])
    func `what cannot be is refused`(_ lines: String, _ what: String) {
        let problems = Sample.webProblems(lines)
        #expect(problems.contains { $0.contains(what) }, "\(problems)")
    }

    @Test func `options of a network's driver are refused`() {
        let problems = Sample.problems(
            "\(Sample.header)    networks: [n]\nnetworks: {n: {driver_opts: {mtu: 1}}}\n"
        )
        #expect(problems.first?.contains("networks.n.driver_opts.mtu: an option of a driver") == true)
    }
}
