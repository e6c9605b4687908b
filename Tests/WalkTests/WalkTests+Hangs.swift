// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Linux
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `a bind from a file system that does not answer holds up nobody else`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            let agent = try await walk.agent()
            let dead = "\(walk.folder)/dead"
            try Shell.run("mkdir \(dead)")
            // A file system in user space whose server is us, and we say nothing: every look at it waits.
            var server: Descriptor? = try Descriptor.open("/dev/fuse", O_RDWR)
            let options = "fd=\(server?.number ?? -1),rootmode=40000,user_id=0,group_id=0"
            try check("mount", dead, mount("dead", dead, "fuse", UInt(MS_NOSUID), options))
            defer {
                server = nil
                umount2(dead, Int32(MNT_DETACH))
            }
            let stuck =
                "{image: \"busybox:walk\", command: [sleep, \"1000\"], volumes: [\"\(dead)/data:/data\"]}"
            let apply = try walk.start(
                ["apply"],
                ["--wait", try walk.file("name: stuck\nservices: {web: \(stuck)}", "stuck.yaml")]
            )
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await walk.instances().first?.state != "starting" {
                try #require(ContinuousClock.now < deadline, "\(apply.shown)")
                try await Task.sleep(for: .milliseconds(20))
            }
            try await walk.apply(
                "name: other\nservices: {web: {image: \"busybox:walk\", command: [sleep, \"1000\"], init: true}}"
            )
            #expect(try await walk.martlet("restart", with: ["other"]).code == 0)
            #expect(try await walk.instances().map(\.state).sorted() == ["running", "starting"])
            try await walk.down("other")
            server = nil  // the kernel fails what waits
            #expect(try await apply.exit() == 1)
            #expect(try apply.output().contains("\(dead)/data: transport endpoint is not connected"))
            try await walk.down("stuck")
            try await walk.end(agent)
        }
    }
}
