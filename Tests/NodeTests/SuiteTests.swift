// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// Tests that a container of any kind could spoil, on a booted node.
@Suite(.serialized) struct SuiteTests {
    /// Runs some of our tests there.
    ///
    /// Their program goes with the libraries that it is linked to, without what only a debugger reads; the node has the
    /// same libc.
    private func run(_ filters: [String], with programs: [String], in rig: String, timeout: Int) throws
        -> String
    {
        let folder = "/var/tmp/martlet-suites-\(getpid())"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        let built = programs.map { ".build/debug/\($0)" }.joined(separator: " ")
        try Shell.run(
            """
            set -e; mkdir -p \(folder)/lib \(folder)/.build/debug; cp -r Tests \(folder); cp \(built) \(folder)/.build/debug
            strip --strip-debug \(folder)/.build/debug/*; strip -o \(folder)/tests .build/debug/martletPackageTests.xctest
            ldd .build/debug/martletPackageTests.xctest \(built) |
            awk '$3 ~ /^\\// && $1 !~ /^lib(c|m)\\.so/ { print $3 }' | sort -u | xargs cp -L -t \(folder)/lib
            """
        )
        let soak = getenv("MARTLET_SOAK") == nil ? "" : "--env MARTLET_SOAK=1"
        return try Shell.run(
            """
            Tests/NodeTests/rig/vm-run \(rig) --timeout \(timeout) \(soak) \
            --copy \(folder):/opt/suites --copy /bin/busybox:/usr/bin/busybox --env LD_LIBRARY_PATH=/opt/suites/lib \
            -- sh -c 'uname -r; cd /opt/suites && ./tests --testing-library swift-testing --no-parallel \
            --filter "(\(filters.joined(separator: "|")))" 2>&1'
            """
        )
    }

    @Test
    func `on kernel 6.1 with version 2 alone the suites of launches, limits, devices and lazy volumes pass`()
        throws
    {
        let suites = [
            "LaunchTests", "ResourceTests", "CgroupSuite", "DeviceRuleTests", "LimitTests", "LazyMountTests",
            "LazyProcessTests",
        ]
        let programs = ["martlet-runtime", "martlet-lazy", "martlet-keeper", "martlet-keeper-faults"]
        let output = try run(suites, with: programs, in: "", timeout: 900)
        #expect(output.contains("6.1."), "\(output)")
        for suite in suites { #expect(output.contains("Suite \(suite) passed"), "\(output)") }
        #expect(!output.contains("skipped"), "\(output)")
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `under systemd an agent is cut off, is told to end at any time, and misses calls of the kernel`()
        throws
    {
        let walks = [
            "a node that is cut off", "an agent that is told to end at any time",
            "an agent that a call is missing to", "a container is refused where the keeper cannot",
            "a keeper that statx is missing to", "without a call that there is another way for",
        ]
        let programs = ["martlet", "martlet-agent", "martlet-keeper"]
        let filters = walks.map { "WalkTests/.\($0)" }
        let output = try run(filters, with: programs, in: "--engine nspawn", timeout: 1_800)
        #expect(
            output.contains("with \(walks.count) tests") && output.contains("Suite WalkTests passed"),
            "\(output)"
        )
        #expect(!output.contains("skipped"), "\(output)")
    }
}
