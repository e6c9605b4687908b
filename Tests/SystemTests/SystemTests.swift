// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// A Debian whose first process is systemd boots in a container, from a bundle of podman's and as a service of the
/// agent, and is halted; `system/boot` looks at it from inside and outside.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root"))
struct SystemTests {
    private static let findings = [
        "systemd boots to multi-user and runs", "it is told that it is in a container",
        "a unit has a group below the container's", "the limits of the container are out of its reach",
        "SIGRTMIN+3 halts it, exit code 0", "nothing is left",
    ]
    /// Where controllers can be handed down.
    private static let limits = [
        "a unit has the limits that it asks for", "the limits of units are in force",
    ]
    /// Of the agent, whose containers always see version 2.
    private static let own = [
        "what is handed over is the root's, limits are not", "it makes groups of its own",
    ]

    private static let programs = "martlet martlet-agent martlet-runtime"

    @Test(arguments: ["runtime", "agent", "shared"])
    func `on this kernel a Debian boots, keeps to its limits and is halted`(way: String) throws {
        try withFolder { folder in
            let output = try Shell.run("\(folder)/boot \(way) \(folder)")
            let mounts = try Shell.run("grep ^cgroup2 /proc/self/mounts")
            if way == "shared", !mounts.contains("nsdelegate") {
                return check(output, ["limits that nothing guards are a refusal"])
            }
            let isUnified = mounts.contains(" /sys/fs/cgroup ")
            check(output, Self.findings + (isUnified ? Self.limits : []) + (way == "runtime" ? [] : Self.own))
            for line in output.split(separator: "\n") where line.hasPrefix("skipped ") { print(line) }
        }
    }

    @Test func `on kernel 6.1 with version 2 alone it does, and its units keep to theirs`() throws {
        try withFolder { folder in
            // The programs go with the libraries that they are linked to; the machine has the same libc.
            try Shell.run(
                """
                cd \(folder) && strip --strip-debug \(Self.programs) && mkdir lib && ldd \(Self.programs) |
                awk '$3 ~ /^\\// && $1 !~ /^lib(c|m)\\.so/ { print $3 }' | sort -u | xargs cp -L -t lib
                """
            )
            let output = try Shell.run(
                """
                Tests/NodeTests/rig/vm-run --timeout 1200 --copy \(folder):/opt/martlet-system \
                --env LD_LIBRARY_PATH=/opt/martlet-system/lib -- sh -c 'uname -r
                for way in runtime agent; do echo "way $way"; /opt/martlet-system/boot $way /opt/martlet-system || exit; done'
                """
            )
            #expect(output.hasPrefix("6.1."), "\(output)")
            let ways = output.components(separatedBy: "way ")
            try #require(ways.count == 3, "\(output)")
            check(ways[1], Self.findings + Self.limits + Self.own.suffix(1))
            check(ways[2], Self.findings + Self.limits + Self.own)
        }
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/var/tmp/martlet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let image = getenv("MARTLET_SYSTEM_DIR").map { String(cString: $0) } ?? ".build/system"
        defer { _ = try? Shell.run("rm -rf --one-file-system \(folder)") }
        try Shell.run(
            """
            mkdir \(folder) && (cd .build/debug && cp \(Self.programs) \(folder)) &&
            cp \(try TestNode.keeperProgram()) \(folder)/martlet-keeper &&
            cp Tests/census Tests/SystemTests/system/boot \(folder) && cp -r \(image)/image \(folder)/image
            """
        )
        try body(folder)
    }

    private func check(_ output: String, _ findings: [String]) {
        #expect(!output.contains("not ok "), "\(output)")
        for finding in findings { #expect(output.contains("ok \(finding)"), "\(output)") }
    }
}

extension String {
    fileprivate func components(separatedBy word: String) -> [String] {
        split(separator: "\n", omittingEmptySubsequences: false)
            .split { $0.hasPrefix(word) }
            .map { $0.joined(separator: "\n") }
    }
}
