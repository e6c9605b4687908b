internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Containers

/// What every kind of host has to do with a group, on this host's own hierarchies.
@Suite(.serialized) struct CgroupSuite {
    @Test(arguments: Layout.here) func `a group is made with those above it, and taken away without them`(
        layout: Layout
    ) throws {
        try withGroup(layout) { test in
            let path = try CgroupPath("\(test.parent)/a.slice/b.scope/container")
            let group = try Cgroup(path, in: test.mounts, resources: Resources())
            #expect(group.isNew)
            for folder in group.folders.all() { #expect(access(folder, F_OK) == 0, "\(folder)") }
            #expect(Set(group.paths.values) == Set(group.folders.all()))
            try test.start("exec sleep 1000", in: group)
            let again = try Cgroup(path, in: test.mounts, resources: Resources())
            #expect(!again.isNew)
            #expect(try again.processes().count == 1)
            _ = try Cgroup(path, existingIn: test.mounts)
            try Cgroup.remove(path, in: test.mounts, killing: true)
            for folder in group.folders.all() {
                #expect(access(folder, F_OK) < 0, "\(folder)")
                #expect(access(String(folder.dropLast("/container".count)), F_OK) == 0, "\(folder)")
            }
            try Cgroup.remove(path, in: test.mounts, killing: true)
            #expect(throws: (any Error).self) { _ = try Cgroup(path, existingIn: test.mounts) }
        }
    }

    @Test(arguments: Layout.here) func `several containers share what is above them`(layout: Layout) throws {
        try withGroup(layout) { test in
            let one = try Cgroup(test.parent.appending("one"), in: test.mounts, resources: Resources())
            let two = try Cgroup(test.parent.appending("two"), in: test.mounts, resources: Resources())
            try test.start("exec sleep 1000", in: one)
            let other = try test.start("exec sleep 1000", in: two)
            try one.kill()
            try eventually("one is empty") { try one.processes().isEmpty }
            try one.remove()
            #expect(try two.processes() == [other])
        }
    }

    @Test(arguments: Layout.here) func `groups that the container made go with it`(layout: Layout) throws {
        try withGroup(layout) { test in
            let group = try test.make()
            for folder in group.folders.all() {
                // Wide, with odd names, and deeper than a path can be long.
                try Shell.run("cd \(folder) && mkdir -p w/1 w/2 w/3 'a b' \"$(printf 'n\\377')\" '..x'")
                var deep = try Descriptor.open(folder, O_RDONLY | O_DIRECTORY)
                let name = try #require(RawPath(String(repeating: "d", count: 200)))
                for _ in 0..<25 {
                    try deep.makeDirectory(name, mode: 0o755)
                    deep = try deep.open(name, O_RDONLY | O_DIRECTORY, resolve: .beneath)
                }
            }
            // A new version 1 group takes no process before it has processors.
            let entered = Set(test.mounts.legacy.keys).subtracting(["cpuset"])
            let below = group.folders.all(entered).map { "echo 0 >'\($0)/w/2/cgroup.procs'" }
            try Shell.run(
                "(\(below.joined(separator: " && ")) && exec sleep 1000) >/dev/null 2>&1 </dev/null &"
            )
            try eventually("a process is below") { try group.processes().count == 1 }
            try Cgroup.remove(test.path, in: test.mounts, killing: true)
            for folder in group.folders.all() { #expect(access(folder, F_OK) < 0, "\(folder)") }
        }
    }

    @Test(arguments: Layout.here) func `a group that holds a process is not removed, and the error names it`(
        layout: Layout
    ) throws {
        try withGroup(layout) { test in
            let group = try test.make()
            let pid = try test.start("exec sleep 1000", in: group)
            let error = #expect(throws: ContainerError.self) { try group.remove() }
            #expect(error?.description.contains("process \(pid) is in it") == true)
            #expect(try group.processes() == [pid])
        }
    }

    @Test(arguments: Layout.here) func `what joins a container goes where the container has moved itself`(
        layout: Layout
    ) throws {
        try withGroup(layout) { test in
            guard test.mounts.unified != nil else { return }
            let group = try test.make()
            let below = "\(try #require(group.paths[""]))/init"
            let pid = try test.start(
                "mkdir \(below) && echo 0 >\(below)/cgroup.procs; exec sleep 1000",
                in: group
            )
            try eventually("it has moved") {
                try Shell.run("cat \(below)/cgroup.procs 2>/dev/null || true").contains("\(pid)\n")
            }
            for (process, place) in [(pid, below), (getpid(), group.paths[""]), (nil, group.paths[""])] {
                let found = try Cgroup(test.path, existingIn: test.mounts, beside: process)
                let directory = try #require(found.directory)
                #expect(
                    try Shell.run("readlink /proc/\(getpid())/fd/\(directory.number)") == "\(place ?? "")\n"
                )
            }
        }
    }

    // MARK: Signals

    @Test(arguments: Layout.here) func `a signal reaches every process, and a killed group is empty`(
        layout: Layout
    ) throws {
        try withGroup(layout) { test in
            let group = try test.make()
            let file = "/var/tmp/martlet-signal-\(getpid())"
            defer { unlink(file) }
            for _ in 0..<3 {
                try test.start("trap 'echo got >>\(file)' USR1; while :; do sleep 0.01; done", in: group)
            }
            usleep(100_000)
            try group.kill(SIGUSR1)
            try eventually("three have had it") {
                CgroupFolders.text(file)?.split(separator: "\n").count == 3
            }
            #expect(try !group.isFrozen())
            #expect(try group.processes().count >= 3)
            try group.kill()
            try eventually("it is empty") { try group.processes().isEmpty }
        }
    }

    @Test(arguments: Layout.here) func `those that fork all the time are killed too`(layout: Layout) throws {
        try withGroup(layout) { test in
            var resources = Resources()
            if test.mounts.legacy["pids"] != nil { resources.pids = 200 }
            let group = try test.make(resources)
            let fork = resources.pids == nil ? "sleep 0.001 & wait;" : "sleep 1 & sleep 1 &"
            // They begin together: a shell that finds the group full ends before it was seen in there.
            let flag = "/var/tmp/martlet-test-fork-\(getpid())"
            defer { unlink(flag) }
            for _ in 0..<3 {
                try test.start("until [ -e \(flag) ]; do :; done; while :; do \(fork) done", in: group)
            }
            try Shell.run("touch \(flag)")
            usleep(300_000)
            try group.kill()
            try eventually("it is empty") { try group.processes().isEmpty }
            try group.remove()
        }
    }

    // MARK: Freezing

    @Test(arguments: Layout.here) func `a frozen group stands until it is thawed`(layout: Layout) throws {
        try withGroup(layout) { test in
            let group = try test.make()
            let file = "/var/tmp/martlet-freeze-\(getpid())"
            defer { unlink(file) }
            try test.start("while :; do echo x >>\(file); sleep 0.01; done", in: group)
            let size = { CgroupFolders.text(file)?.count ?? 0 }
            try eventually("it runs") { size() > 4 }
            #expect(try !group.isFrozen())
            try group.freeze()
            try group.freeze()
            #expect(try group.isFrozen())
            let stood = size()
            usleep(200_000)
            #expect(size() == stood)
            // A signal to a paused container comes when it goes on.
            try group.kill(SIGCONT)
            #expect(try group.isFrozen())
            try group.thaw()
            #expect(try !group.isFrozen())
            try eventually("it runs again") { size() > stood }
            try group.freeze()
            try group.kill()
            try eventually("what was frozen is killed") { try group.processes().isEmpty }
            try group.remove()
        }
    }

    // MARK: Watching

    @Test(arguments: Layout.here) func `a watch tells within a second that nobody is left`(layout: Layout)
        throws
    {
        try withGroup(layout) { test in
            let group = try test.make()
            try test.start("exec sleep 1000", in: group)
            let watch = try CgroupWatch(group)
            #expect(try watch.next(within: .milliseconds(50)) == nil)
            try group.kill()
            #expect(try watch.next(within: .seconds(1)) == .empty)
            try test.start("exec sleep 0.3", in: group)
            #expect(try watch.next(within: .seconds(2)) == .empty)
            try group.remove()
            #expect(try watch.next() == nil)
        }
    }

    @Test(arguments: Layout.here) func `a watch is given up from another thread`(layout: Layout) throws {
        try withGroup(layout) { test in
            let watch = try CgroupWatch(test.make())
            try Thread.detach {
                usleep(50_000)
                watch.cancel()
            }
            #expect(try watch.next() == nil)
        }
    }

    // MARK: What cannot be

    @Test(arguments: Layout.here) func `a limit without a controller is an error, and leaves nothing`(
        layout: Layout
    ) throws {
        try withGroup(layout) { test in
            let had = try test.mounts.controllers()
            var cases: [(String, (inout Resources) -> Void)] = [
                ("net_cls", { $0.network.classID = 1 }), ("net_prio", { $0.network.priorities = ["lo": 1] }),
                ("rdma", { $0.rdma = ["mlx": .init(handles: 1)] }), ("pids", { $0.pids = 5 }),
                ("memory", { $0.memoryLimits.limit = 1 << 30 }), ("cpu", { $0.cpu.shares = 5 }),
                ("cpuset", { $0.cpu.cpus = "0" }),
            ]
            cases.removeAll { had.contains($0.0) }
            for (controller, set) in cases {
                var resources = Resources()
                set(&resources)
                let error = #expect(throws: ContainerError.self) { try test.make(resources) }
                #expect(error?.description.contains(controller) == true, "\(error?.description ?? "")")
                #expect(error?.description.contains("remove") == true, "\(error?.description ?? "")")
            }
            let folders = CgroupFolders(mounts: test.mounts, path: try test.path)
            #expect(!folders.exists)
        }
    }
}
