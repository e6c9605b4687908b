// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension SecurityTests {
    /// S07, S10, S26: what procfs and sysfs show and let change.
    @Suite struct KernelFilesTests {
        // ContainerSpec.maskedPaths, from our own mounts: the image's /dev/null is a link.
        @Test(arguments: [hostIDs, nil])
        func `masked paths are empty and controls cannot be written`(hostIDs: UInt32?) async throws {
            let masked = [
                "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
                "/proc/latency_stats",
                "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
                "/sys/devices/virtual/powercap", "/sys/firmware",
            ]
            let pattern = try Shell.run("cat /proc/sys/kernel/core_pattern")
            try await withNode { node, keeper in
                let evil = "\(node.folder)/evil"
                try Shell.run("mkdir -p \(evil)/dev && ln -s /proc/sys/kernel/core_pattern \(evil)/dev/null")
                let script = """
                    for p in \(masked.joined(separator: " ")); do
                    if test -d $p; then echo "$p dir $(ls -A $p | wc -l)"; elif test -e $p; then echo "$p file $(head -c 100 $p | wc -c)"; fi; done
                    echo evil > /proc/sys/kernel/core_pattern && echo WROTE; echo h > /proc/sysrq-trigger && echo WROTE
                    echo 1 > /proc/sys/vm/drop_caches && echo WROTE; echo evil > /dev/null; echo 1 > /proc/irq/default_smp_affinity && echo WROTE
                    umount /proc/kcore && echo UMOUNTED; mount -t proc x /tmp && echo MOUNTED; mount -o remount,rw /proc/sys && echo REMOUNTED; echo end
                    """
                let (output, _) = try await node.run(
                    keeper,
                    try node.spec(
                        "masks",
                        ["sh", "-c", "( \(script) ) 2>/dev/null"],
                        hostIDs: hostIDs,
                        layers: [node.layer, evil]
                    )
                )
                var found: [String] = []
                for line in output.split(separator: "\n") where line.hasPrefix("/") {
                    let words = line.split(separator: " ")
                    found.append(String(words[0]))
                    #expect(words[2] == "0", "\(line)")
                }
                #expect(found == masked.filter { access($0, F_OK) == 0 })
                for word in ["WROTE", "MOUNTED"] { #expect(!output.contains(word), "\(output)") }
                #expect(output.hasSuffix("end\n"))
            }
            #expect(try Shell.run("cat /proc/sys/kernel/core_pattern") == pattern)
        }

        // Even without the filter: masks are locked in a nested namespace, and a fresh procfs is refused there
        // because the one at hand is not fully visible, mount_namespaces(7).
        @Test func `a nested user namespace cannot uncover what is masked`() async throws {
            try await withNode { node, keeper in
                let script = """
                    unshare -Urmpf sh -c 'echo nested; umount /proc/kcore && echo UNCOVERED; umount /proc/sys && echo UNCOVERED
                    mount -t proc x /tmp && echo FRESH; mount -o remount,rw /proc/sys && echo REMOUNTED
                    umount -l /proc && echo UNCOVERED; echo x > /proc/sys/kernel/core_pattern && echo WROTE' 2>/dev/null
                    """
                for ids in [SecurityTests.hostIDs, nil] {
                    var spec = try node.spec("nested-\(ids ?? 0)", ["sh", "-c", script], hostIDs: ids)
                    spec.process.seccomp = nil
                    #expect(try await node.run(keeper, spec).output == "nested\n")
                }
            }
        }

        // The read-only attribute of sysfs and cgroup2, ContainerSpec.readOnlyPaths, and the user namespace.
        @Test(arguments: [hostIDs, nil])
        func `only harmless kernel files can be opened for writing`(hostIDs: UInt32?) async throws {
            let own = [
                "attr/", "autogroup", "clear_refs", "comm", "coredump_filter", "gid_map", "loginuid",
                "make-it-fail", "fail-nth", "mem",
                "oom_adj", "oom_score_adj", "projid_map", "sched", "seccomp", "setgroups", "timens_offsets",
                "timerslack_ns", "uid_map",
                "latency",
            ]
            try await withNode { node, keeper in
                try node.install("writable")
                let (output, _) = try await node.run(
                    keeper,
                    try node.spec("writable", ["writable"], hostIDs: hostIDs)
                )
                let opened = output.split(separator: "\n").filter { $0.hasPrefix("open ") }.map {
                    String($0.dropFirst(5))
                }
                let surprising = opened.filter { path in
                    if path.hasPrefix("/proc/self/") {
                        return !own.contains { path.dropFirst(11).hasPrefix($0) }
                    }
                    return !Self.harmless(ownUsers: hostIDs != nil).contains { path.hasPrefix($0) }
                }
                #expect(surprising == [])
                #expect((Int(line("tried", of: output)) ?? 0) > 1000)
            }
        }

        /// Pressure triggers are per opener and need a capability; masked files are our null device.
        private static func harmless(ownUsers: Bool) -> [String] {
            [
                "/proc/pressure/", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                "/proc/sched_debug", "/proc/timer_list",
            ]
        }

        // ContainerSpec.isNamespaced.
        @Test(arguments: [
            "kernel.core_pattern", "kernel/core_pattern", "vm.overcommit_memory",
            "kernel.shm_rmid_forced=1+kernel.core_pattern", "net/../kernel/core_pattern",
            "net.ipv4.ip_forward\nc", "fs.file-max", "kernel.modprobe", "", "net", "kernel.hostname\u{0}",
            "dev.cdrom.info", "user.max_user_namespaces",
            "net...kernel.core_pattern",
        ])
        func `a kernel parameter of the host is refused`(key: String) async throws {
            let before = try Shell.run("cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory")
            try await withNode { node, keeper in
                for ids in [SecurityTests.hostIDs, nil] {
                    var spec = try node.spec("sysctl", ["true"], hostIDs: ids)
                    spec.sysctls = [(key: key, value: "x")]
                    let wrong = spec
                    await #expect(throws: ContainerError.self) { _ = try await node.run(keeper, wrong) }
                }
                var spec = try node.spec(
                    "own",
                    ["cat", "/proc/sys/kernel/shmmni", "/proc/sys/net/ipv4/ip_forward"]
                )
                spec.sysctls = [
                    (key: "kernel.shmmni", value: "77"), (key: "net.ipv4.ip_forward", value: "1"),
                ]
                #expect(try await node.run(keeper, spec).output == "77\n1\n")
                spec = try node.spec("hostnet", ["true"])
                spec.namespaces.network = .host
                spec.sysctls = [(key: "net.ipv4.ip_forward", value: "1")]
                let wrong = spec
                await #expect(throws: ContainerError.self) { _ = try await node.run(keeper, wrong) }
            }
            #expect(
                try Shell.run("cat /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory") == before
            )
        }
    }
}
