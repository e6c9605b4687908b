// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    /// Two files that get the same numbers, one after the other, place by place.
    private static let pair = """
        truncate -s 8M /data/one /data/two; i=0; while :; do i=$$((i+1)); for file in one two; do for place in 0 2000 4000 8000;
        do printf %08d $$i | dd of=/data/$$file bs=1024 seek=$$place conv=notrunc 2>/dev/null; done; done; done
        """

    @Test(
        .enabled(if: LoopDisk.obstacle == nil, "skipped: the kernel has no loop devices, no btrfs or no xfs"),
        arguments: LoopDisk.sharing
    )
    func
        `where the file system shares data containers stand still for clones, and two files are of one instant`(
            kind: String
        ) async throws
    {
        try await withWalk { walk in
            let state = "\(walk.folder)/state"
            try Shell.run(
                """
                truncate -s 3G \(walk.folder)/disk && mkfs.\(kind) -q \(walk.folder)/disk && mkdir -p \(state)
                mount -o loop \(walk.folder)/disk \(state)
                """
            )
            try await walk.importBusybox()
            let agent = try await walk.agent(["--node", try walk.storing(in: "\(walk.folder)/store")])
            let writer = Walk.writer("store: files, commit: 1h")
            let sleeper = "command: [sh, -c, \"while :; do date +%s.%N >>/data/log; sleep 0.1; done\"]"
            let text = Self.pair.replacing("\n", with: " ")
            try await walk.apply(writer.replacing(sleeper, with: "command: [sh, -c, '\(text)']"))
            try await walk.volume("shop/data", "held") { $0.state == "held" }
            for round in 1...3 {
                try await Task.sleep(for: .milliseconds(200))
                try await walk.volumeVerb("commit", "shop/data", "--label", "round-\(round)")
                let volume = try await walk.volume("shop/data")
                #expect(volume.cut == "reflink" && volume.unclonedFiles == nil, "\(volume)")
                #expect(!volume.isFuzzy && volume.pauseMilliseconds ?? 0 > 0, "\(volume)")
            }
            for round in 1...3 {
                let app = "copy\(round)"
                try await walk.volumeVerb("clone", "shop/data", "\(app)/data", "--label", "round-\(round)")
                try await walk.apply(writer.replacing("name: shop", with: "name: \(app)"))
                var numbers: [Int] = []
                for file in ["one", "two"] {
                    for place in [0, 2000, 4000, 8000] {
                        let path = "\(walk.files("\(app)/data"))/\(file)"
                        let read =
                            "dd if=\(path) bs=1024 skip=\(place) count=1 status=none | head -c 8 | tr '\\0' 0"
                        numbers.append(Int(try Shell.run(read)) ?? -1)
                    }
                }
                #expect(numbers == numbers.sorted(by: >), "\(numbers)")
                #expect(numbers[7] >= 0 && numbers[0] - numbers[7] <= 1, "\(numbers)")
            }
            try await walk.down("shop", "copy1", "copy2", "copy3")
            try await walk.end(agent)
            // The keeper may be on its way out.
            try Shell.run(
                "for try in 1 2 3 4 5 6 7 8 9 10; do umount \(state) && exit 0; sleep 0.5; done; exit 1"
            )
        }
    }
}
