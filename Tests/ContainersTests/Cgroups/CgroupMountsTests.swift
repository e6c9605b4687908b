internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

@Suite struct CgroupMountsTests {
    private static let unified =
        "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
    private static let legacy = """
        31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:10 master:1 - cgroup cgroup rw,cpu,cpuacct
        33 31 0:30 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        34 31 0:31 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd

        """
    private static let both =
        "35 31 0:32 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"

    @Test(arguments: [
        (unified, CgroupMounts.Layout.unified, "/sys/fs/cgroup" as String?, [String]()),
        (legacy, .legacy, nil, ["cpu", "cpuacct", "memory", "name=systemd"]),
        (legacy + both, .hybrid, "/sys/fs/cgroup/unified", ["cpu", "cpuacct", "memory", "name=systemd"]),
        (
            unified + "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n", .unified,
            "/sys/fs/cgroup", ["name=systemd"]
        ),
    ])
    func `hierarchies are found by what is mounted`(
        text: String,
        layout: CgroupMounts.Layout,
        unified: String?,
        legacy: [String]
    ) throws {
        let mounts = try CgroupMounts(mountInfo: text)
        #expect(mounts.layout == layout)
        #expect(mounts.unified?.point == unified)
        #expect(mounts.legacy.keys.sorted() == legacy)
        if legacy.contains("cpu") { #expect(mounts.legacy["cpu"] == mounts.legacy["cpuacct"]) }
    }

    // cgroups(7), "nsdelegate".
    @Test(arguments: [
        (unified, UInt32(0), true), (unified.replacing(",nsdelegate", with: ""), 0, false),
        (unified.replacing(",nsdelegate", with: ""), 100_000, true), (legacy + both, 0, false),
    ])
    func `limits are guarded by ids or by the kernel`(text: String, root: UInt32, isGuarded: Bool) throws {
        #expect(try CgroupMounts(mountInfo: text).guardsLimits(from: root) == isGuarded)
    }

    @Test func `the host's own mount is preferred to one in a root of a container`() throws {
        let inside = "29 23 0:26 /x /var/lib/y/rootfs/sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        for text in [inside + Self.unified, Self.unified + inside] {
            #expect(try CgroupMounts(mountInfo: text).unified?.point == "/sys/fs/cgroup")
        }
    }

    @Test func `a host without control groups is an error that says what to do`() {
        let error = #expect(throws: ContainerError.self) {
            try CgroupMounts(mountInfo: "22 1 8:1 / / rw - ext4 /dev/vda rw\n")
        }
        #expect(error?.description.contains("mount one at /sys/fs/cgroup") == true)
    }

    @Test func `folders that share a hierarchy are one`() throws {
        let folders = CgroupFolders(
            mounts: try CgroupMounts(mountInfo: Self.legacy + Self.both),
            path: try CgroupPath("a/b")
        )
        #expect(
            folders.all() == [
                "/sys/fs/cgroup/cpu,cpuacct/a/b", "/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/systemd/a/b",
                "/sys/fs/cgroup/unified/a/b",
            ]
        )
        #expect(
            folders.all(["memory"]) == ["/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/unified/a/b"]
        )
    }
}
