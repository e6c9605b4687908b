// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct AppTests {
    @Test func `a file with every honoured key becomes the app it describes`() throws {
        let app = try Sample.app(Sample.everything)
        #expect(app.name == "clickme" && app.services.map(\.name) == ["redis", "web"])
        let web = try #require(app.service("web"))
        #expect(web.environment == ["TZ": "UTC"])
        #expect(web.command == ["serve", "--port", "4567 x", "a b"] && web.entrypoint == ["/bin/web"])
        #expect(web.additionalGroups == ["audio", "44"] && web.user == "1000:1000")
        #expect(web.addedCapabilities == ["CHOWN", "NET_BIND_SERVICE"] && web.droppedCapabilities == ["ALL"])
        #expect(
            !web.noNewPrivileges && !web.isSeccompConfined && web.isReadOnly && web.hasInit
                && web.hasOpenInput
        )
        #expect(web.workingDirectory == "/srv" && web.hostname == "web.example")
        #expect(web.dependencies == [Dependency(service: "redis", condition: .healthy, restarts: true)])
        #expect(
            web.networks == [
                NetworkAttachment(network: "back"),
                NetworkAttachment(network: "front", aliases: ["www"]),
            ]
        )
        #expect(
            web.ports == [
                Port(target: 80, published: 8080...8080),
                Port(target: 81, published: 81...81, hostAddress: IPAddress("::"), transport: .udp),
            ]
        )
        #expect(
            web.mounts == [
                Mount(target: "/srv/uploads", source: .volume("uploads")),
                Mount(
                    target: "/etc/web",
                    source: .bind("/srv/apps/conf", createsHostPath: true),
                    isReadOnly: true
                ),
                Mount(target: "/run", source: .tmpfs(TmpfsOptions(size: ByteCount(1 << 20)))),
                Mount(target: "/tmp", source: .tmpfs(TmpfsOptions(size: ByteCount(64 << 20), mode: 0o1777))),
            ]
        )
        #expect(web.devices == [Device(source: "/dev/fuse", target: "/dev/fuse", permissions: "rw")])
        #expect(
            web.ulimits == [
                Ulimit(name: "nofile", soft: 1024, hard: 2048), Ulimit(name: "nproc", soft: 100, hard: 100),
            ]
        )
        #expect(web.sysctls == ["net.core.somaxconn": "1024", "kernel.sem": "250 32000 32 128"])
        #expect(web.extraHosts.map(\.name) == ["db", "six"] && web.dns.map(\.description) == ["10.0.0.53"])
        #expect(web.labels == ["tier": "front", "n": "1"])
        #expect(web.stopSignal?.description == "SIGINT" && web.stopGracePeriod == .seconds(90))
        #expect(
            web.sharedMemorySize == ByteCount(128 << 20) && web.oomScoreAdjustment == -500
                && web.replicas == 2
        )
        #expect(
            web.resources
                == Resources(
                    memoryLimit: ByteCount(256 << 20),
                    memoryReservation: ByteCount(128 << 20),
                    cpuLimit: CPUCount(nanos: 1_500_000_000),
                    processors: "0-1",
                    pidsLimit: 200
                )
        )
        #expect(web.restart == RestartPolicy(condition: .always, delay: .seconds(1), window: .seconds(300)))
        let redis = try #require(app.service("redis"))
        #expect(
            redis.healthcheck
                == Healthcheck(
                    test: .command(["redis-cli", "ping"]),
                    interval: .seconds(5),
                    timeout: .seconds(2),
                    retries: 5,
                    startPeriod: .seconds(10)
                )
        )
        #expect(redis.networks == [NetworkAttachment(network: "back", ipv4Address: IPAddress("10.77.1.9"))])
        #expect(redis.containerName == "the-redis" && redis.pullPolicy == .missing)
        #expect(app.networks.map(\.name) == ["back", "front"] && app.volumes.map(\.name) == ["uploads"])
        #expect(app.network("back")?.isInternal == true && app.network("back")?.subnets.count == 2)
    }

    @Test func `defaults are the safe ones`() throws {
        let web = try Sample.web("")
        #expect(web == Service(name: "web", image: "i", networks: [NetworkAttachment(network: "default")]))
        #expect(web.noNewPrivileges && web.isSeccompConfined && web.userNamespace == .auto)
        #expect(web.restart.condition == .never && web.stopGracePeriod == .seconds(10))
    }

    @Test func `a service without networks joins the default one, which then exists`() throws {
        #expect(try Sample.app(Sample.header).networks == [Network(name: "default")])
        #expect(try Sample.app(Sample.header + "    network_mode: none\n").networks == [])
    }

    @Test func `JSON is accepted`() throws {
        let app = try Sample.app(#"{"name": "j", "services": {"web": {"image": "i", "init": true}}}"#)
        #expect(app.services[0].hasInit)
    }

    @Test func `services come in the order of their dependencies`() throws {
        let app = try Sample.app(
            """
            name: a
            services:
              c: { image: i, depends_on: [b] }
              b: { image: i, depends_on: [d] }
              a: { image: i }
              d: { image: i }
            """
        )
        #expect(app.servicesInOrder.map(\.name) == ["a", "d", "b", "c"])
    }

    @Test(arguments: [
        ("command: echo 'a b' \"c $$d\" e\\ f", ["echo", "a b", "c $d", "e f"]),
        ("command: ''", []),
        ("command: []", []),
        ("command: [\"a  b\", '']", ["a  b", ""]),
        ("command: echo \"\" x", ["echo", "", "x"]),
    ])
    func `a command line is split as a shell does`(_ line: String, _ words: [String]) throws {
        #expect(try Sample.web(line).command == words)
    }

    @Test func `environment takes values from outside for names alone`() throws {
        let outside = ["A": "1", "C": "x=y"]
        #expect(
            try Sample.web("environment: [A, B, 'C=a=b', D=]", outside).environment == [
                "A": "1", "C": "a=b", "D": "",
            ]
        )
        #expect(
            try Sample.web("environment: {A: , B: , C: 5, D: true, E: 1.5}", outside).environment == [
                "A": "1", "C": "5", "D": "true", "E": "1.5",
            ]
        )
    }

    @Test(arguments: [
        ("restart: no", RestartPolicy()), ("restart: \"no\"", RestartPolicy()),
        ("restart: on-failure:3", RestartPolicy(condition: .onFailure, maximumAttempts: 3)),
        ("restart: unless-stopped", RestartPolicy(condition: .unlessStopped)),
        ("deploy: {restart_policy: {}}", RestartPolicy(condition: .always)),
        (
            "deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}",
            RestartPolicy(condition: .onFailure, maximumAttempts: 2)
        ),
        (
            "restart: unless-stopped\ndeploy: {restart_policy: {condition: any, delay: 2s}}",
            RestartPolicy(condition: .unlessStopped, delay: .seconds(2))
        ),
    ])
    func `both restart keys mean what Compose says`(_ lines: String, _ policy: RestartPolicy) throws {
        #expect(try Sample.web(lines).restart == policy)
    }

    @Test func `a link is a dependency and a name of its own`() throws {
        let app = try Sample.app(
            """
            name: a
            services:
              web: {image: i, networks: [n, m], links: [db, "db:store"]}
              db: {image: i, networks: [m, o]}
            networks: {n: , m: , o: }
            """
        )
        #expect(app.service("web")?.dependencies.map(\.service) == ["db"])
        #expect(app.service("web")?.links.map(\.alias) == ["db", "store"])
        #expect(app.service("db")?.networks.map(\.aliases) == [[], []])
    }

    @Test(arguments: [
        ("links: [\"db:\"]", "is not a link"), ("links: [\"db:a:b\"]", "is not a link"),
        ("links: [\"db:x\", \"other:x\"]", "x is db already"),
        ("links: [far]", "there is no network in common with far"),
        ("links: [nobody]", "service 'nobody' is not defined"),
    ])
    func `a link that cannot be is refused`(_ lines: String, _ part: String) {
        let problems = Sample.problems(
            Sample.header
                + "    \(lines)\n  db: {image: i}\n  other: {image: i}\n  far: {image: i, networks: [n]}\nnetworks: {n: }\n"
        )
        #expect(problems.contains { $0.contains(part) }, "\(problems)")
    }

    @Test func `memory is reserved and the host's ids are wished for by either key`() throws {
        let web = try Sample.web("mem_reservation: 64m\nuserns_mode: host")
        let same = try Sample.web(
            "deploy: {resources: {reservations: {memory: 64m}}}\nx-martlet: {userns: host}"
        )
        #expect(web == same && web.resources.memoryReservation == ByteCount(64 << 20))
        #expect(
            Sample.webProblems("mem_reservation: 2g\nmem_limit: 1g").contains {
                $0.contains("more memory")
            }
        )
        #expect(
            Sample.webProblems("userns_mode: host\nx-martlet: {userns: auto}").contains {
                $0.contains("differs from x-martlet.userns")
            }
        )
    }

    @Test func `an exposed port is open anyway`() throws {
        #expect(try Sample.web("expose: [80, \"8000-8010/udp\"]") == Sample.web(""))
    }

    @Test(arguments: [
        ("{test: curl localhost}", Healthcheck.Test.shell("curl localhost")),
        ("{test: [CMD-SHELL, a b]}", .shell("a b")), ("{test: [NONE]}", .none), ("{disable: true}", .none),
        ("{test: x, disable: true}", .none),
        ("{interval: 1s}", .image),
    ])
    func `health tests have their forms`(_ value: String, _ test: Healthcheck.Test) throws {
        #expect(try Sample.web("healthcheck: \(value)").healthcheck?.test == test)
    }

    @Test(arguments: [
        ("never", PullPolicy.never), ("missing", .missing), ("if_not_present", .missing), ("always", .always),
        ("daily", .every(.seconds(86_400))), ("weekly", .every(.seconds(604_800))),
        ("every_24h", .every(.seconds(86_400))), ("every_1w2d3h4m5s", .every(.seconds(788_645))),
    ])
    func `a pull policy is read, and equal ones are equal`(_ text: String, _ policy: PullPolicy) throws {
        let app = try Sample.app("name: a\nservices: {a: {image: b, pull_policy: \(text)}}\n")
        #expect(app.services.first?.pullPolicy == policy)
    }
}
