// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// The same binaries on this host's kernel and on Debian 12's, in one boot.
///
/// There overlayfs takes no descriptors, no detached mount can be cloned and control groups are version 2 alone.
@Suite(.serialized) struct KernelTests {
    private static let findings = [
        "/bin/true starts in a user namespace over 20 layers", "it sees every layer, as its own root's",
        "its memory limit is in force", "its limit of processes is in force", "its end by a signal is told",
        "a device that is not allowed cannot be opened", "no cgroup, mount or folder is left",
        "no process is left",
    ]

    @Test func `on this kernel containers start over many layers, keep to their limits and leave nothing`()
        throws
    {
        check(try Shell.run("MARTLET_KEEPER=\(try TestNode.keeperProgram()) .build/debug/launch-probe"))
    }

    @Test func `on kernel 6.1 containers start over many layers, keep to their limits and leave nothing`()
        throws
    {
        let folder = "/var/tmp/martlet-probe-\(getpid())"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        // The probe goes with the libraries that it is linked to; the machine has the same libc.
        try Shell.run(
            """
            mkdir -p \(folder)/lib && cp .build/debug/launch-probe \(try TestNode.keeperProgram()) \(folder) &&
            ldd .build/debug/launch-probe | awk '$3 ~ /^\\// && $1 !~ /^lib(c|m)\\.so/ { print $3 }' |
            xargs cp -L -t \(folder)/lib
            """
        )
        let output = try Shell.run(
            """
            Tests/NodeTests/rig/vm-run --timeout 600 \
            --copy \(folder):/opt/probe --copy /bin/busybox:/usr/bin/busybox \
            --env LD_LIBRARY_PATH=/opt/probe/lib --env MARTLET_KEEPER=/opt/probe/martlet-keeper \
            -- /opt/probe/launch-probe
            """
        )
        #expect(output.contains("kernel 6.1."), "\(output)")
        check(output)
    }

    private func check(_ output: String) {
        for finding in Self.findings { #expect(output.contains("ok \(finding)"), "\(output)") }
    }
}
