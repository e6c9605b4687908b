// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// `martlet run` and the daemon on a booted Debian 12: systemd as pid 1, control groups version 2 alone, kernel 6.1.
@Suite(.serialized) struct NodeWalkTests {
    @Test func `an app runs on a booted node, is reached, limited, stopped and leaves nothing`() throws {
        let images = getenv("MARTLET_EXAMPLE_IMAGES").map { String(cString: $0) } ?? ".build/demo/images"
        let folder = "/var/tmp/martlet-node-\(getpid())"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try Shell.run(
            """
            mkdir -p \(folder)/lib && cp .build/debug/martlet .build/debug/martlet-agent \(try TestNode.keeperProgram()) Tests/census \
            Tests/NodeTests/walk/* \(folder) && cp -r \(images)/redis \(folder)/redis &&
            strip --strip-debug \(folder)/martlet \(folder)/martlet-agent &&
            ldd .build/debug/martlet .build/debug/martlet-agent | awk '$3 ~ /^\\// && $1 !~ /^lib(c|m)\\.so/ { print $3 }' | sort -u |
            xargs cp -L -t \(folder)/lib
            """
        )
        let output = try Shell.run(
            """
            Tests/NodeTests/rig/vm-run --timeout 600 --copy \(folder):/opt/walk \
            --env LD_LIBRARY_PATH=/opt/walk/lib -- /opt/walk/run
            """
        )
        let lines = output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("kernel 6.1.") }, "\(output)")
        #expect(lines.contains("redis +PONG :1"), "\(output)")
        #expect(lines.contains("limits 134217728 32 50000 100000"), "\(output)")
        #expect(lines.contains("exec 1"), "\(output)")
        #expect(
            lines.contains("stats \"memory_limit\":134217728 \"pids_limit\":32"),
            "\(output)"
        )
        #expect(lines.contains("adopted") && lines.contains("daemon redis 2"), "\(output)")
        #expect(lines.contains("agent exit 0"), "\(output)")
        #expect(lines.contains("exit 0") && lines.contains("census equal"), "\(output)")
    }
}
