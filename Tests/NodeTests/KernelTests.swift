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
    /// Of control groups of version 2, which this host may not have.
    private static let groups = [
        "version 2 alone is mounted", "every controller is handed down to a group at any path",
        "limits are raised, lowered and taken away live",
        "a limit below what is in use is refused when that is asked",
        "a file that the kernel does not have is an error that names it",
        "a controller that cannot be handed down matters when a limit needs it",
        "device rules are in force and replaced live", "a frozen group stands",
        "a signal reaches every process", "a killed group can be removed",
        "a kill for want of memory is told", "memory above a threshold is told",
        "that nobody is left is told", "processor time and waits are counted", "memory is counted",
        "processes and refused ones are counted", "no group is left",
    ]
    /// Of scopes that systemd makes.
    private static let scopes = [
        "a scope is where its name says, with its first process", "a scope has its limits",
        "a scope's limits change live", "they outlive a reload of systemd",
        "a scope that is there is not made twice", "a stopped scope leaves nothing",
    ]

    @Test func `on this kernel containers start over many layers, keep to their limits and leave nothing`()
        throws
    {
        check(
            try Shell.run("MARTLET_KEEPER=\(try TestNode.keeperProgram()) .build/debug/launch-probe"),
            Self.findings
        )
    }

    @Test
    func `on kernel 6.1 containers keep to their limits, and version 2 and systemd do all that is asked`()
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
            -- sh -c 'cd /opt/probe && ./launch-probe && ./launch-probe groups && ./launch-probe scope'
            """
        )
        #expect(output.contains("kernel 6.1."), "\(output)")
        check(output, Self.findings + Self.groups + Self.scopes)
    }

    private func check(_ output: String, _ findings: [String]) {
        for finding in findings { #expect(output.contains("ok \(finding)"), "\(output)") }
    }
}
