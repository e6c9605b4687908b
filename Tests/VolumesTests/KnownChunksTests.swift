// SPDX-License-Identifier: Apache-2.0
internal import Testing
@testable internal import Volumes

@Suite struct KnownChunksTests {
    /// A volume whose files come and go for months knows no more than it needs.
    @Test func `chunks of files that are gone are forgotten`() throws {
        let bench = try VolumeBench()
        let volume = try bench.open()
        volume.spare = 20
        try bench.run("echo kept >kept")
        try bench.commit(volume)
        try bench.run(
            "python3 -c 'for i in range(300): open(\"f%d\" % i, \"w\").write(\"%d\" % i)'; sleep 0.05"
        )
        try bench.commit(volume)
        #expect(volume.known.count > 300)
        try bench.run("find . -name 'f*' -delete")
        try bench.commit(volume)
        #expect(volume.known.count < 100)
        // What is kept is known still.
        try bench.run("cp kept again")
        #expect(try #require(try bench.commit(volume)).statistics.stored < 2_000)
    }
}
