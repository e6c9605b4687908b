// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Linux
internal import TestKit
internal import Testing

@Suite(.serialized) struct ResourceTests {
    @Test func `a container runs on the processors it was given, and what joins it does too`() async throws {
        try await withTestNode { node, keeper in
            var resources = Resources()
            resources.processorSet = "0"
            let spec = try node.spec(
                "pinned",
                ["sh", "-c", "grep Cpus_allowed_list /proc/self/status; sleep 100"]
            )
            let running = try await node.start(keeper, spec, resources: resources)
            let line = try running.output.read(100)
            #expect(String(decoding: line, as: UTF8.self) == "Cpus_allowed_list:\t0\n")
            _ = try Cgroup(existing: "pinned", in: node.tree)
            #expect(try Shell.run("cat /proc/\(running.prepared.pid)/cgroup").contains("/pinned\n"))
        }
    }

    @Test func `processors that the host does not have are refused`() async throws {
        try await withTestNode { node, keeper in
            var resources = Resources()
            resources.processorSet = "60000"
            let spec = try node.spec("absent", ["true"])
            await #expect(throws: ContainerError.self) {
                try await node.start(keeper, spec, resources: resources)
            }
            try Cgroup.remove("absent", in: node.tree)
        }
    }

    @Test func `processor time is counted in the period that was asked for`() async throws {
        try await withTestNode { node, keeper in
            var resources = Resources(processors: 1.5)
            resources.period = 20_000
            _ = try await node.start(keeper, try node.spec("timed", ["sleep", "100"]), resources: resources)
            let files = "find /sys/fs/cgroup -path '*/timed/cpu.*' 2>/dev/null"
            let values = try Shell.run(
                "cat $(\(files) | grep -e cfs_period_us -e cfs_quota_us -e cpu.max$) | sort"
            )
            #expect(["20000\n30000\n", "30000 20000\n"].contains(values))
        }
    }

    @Test func `a container has the domain name that it was given`() async throws {
        try await withTestNode { node, keeper in
            var spec = try node.spec("domain", ["cat", "/proc/sys/kernel/domainname"])
            spec.domainName = "example.net"
            #expect(try await node.run(keeper, spec).output == "example.net\n")
            spec = try node.spec("odd", ["true"])
            spec.domainName = "a b"
            await #expect(throws: ContainerError.self) { try await node.start(keeper, spec) }
        }
    }
}
