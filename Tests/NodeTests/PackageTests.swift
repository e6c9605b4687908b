// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

/// The Debian package of what `make build` left, on a booted node: units, upgrades, crashes, reboot, removal.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root"))
struct PackageTests {
    /// Two packages: the second is newer, and so is the keeper in it.
    private func withPackages(_ body: (_ folder: String) throws -> Void) throws {
        let folder = "/var/tmp/martlet-package-\(getpid())"
        defer { _ = try? Shell.run("rm -rf \(folder)") }
        try Shell.run(
            """
            set -e; export MARTLET_DEB_LEVEL=1; mkdir -p \(folder)
            mv "$(Units/package/deb \(folder))" \(folder)/old.deb
            dpkg-deb -R \(folder)/old.deb \(folder)/new
            sed -i 's/^Version: .*/Version: 99.1/' \(folder)/new/DEBIAN/control
            printf 'newer' >>\(folder)/new/usr/libexec/martlet/martlet-keeper
            dpkg-deb --root-owner-group -Zzstd -z1 --build \(folder)/new \(folder)/new.deb
            cc=$(command -v clang || command -v gcc)
            $cc -std=gnu17 -D_GNU_SOURCE -O1 -static Tests/WalkTests/Programs/guest.c -o \(folder)/guest
            rm -rf \(folder)/new; cp Tests/NodeTests/units/run Tests/census Config/examples/push/post-receive \(folder)
            mkdir \(folder)/peers; cp /lib/systemd/system/docker.service /lib/systemd/system/containerd.service \(folder)/peers
            """
        )
        try body(folder)
    }

    private func expect(_ output: String, parts: String) {
        let lines = output.split(separator: "\n")
        for line in lines where line.hasPrefix("exposure ") || line.hasPrefix("gap ") { print(line) }
        #expect(lines.contains("done \(parts)"), "\(output)")
        #expect(lines.count { $0.hasPrefix("ok ") } > 1, "\(output)")
    }

    @Test func `the package runs under its units, is upgraded, stopped and removed`() throws {
        try withPackages { folder in
            let parts = "install agent keeper upgrade crowd release ids handed scopes stop provision purge"
            let output = try Shell.run(
                """
                Tests/NodeTests/rig/vm-run --engine nspawn --timeout 600 --copy \(folder):/opt/package \
                --env CROWD=\(getenv("MARTLET_SOAK") == nil ? 10 : 100) \
                --copy /bin/busybox:/usr/bin/busybox -- /opt/package/run \(parts)
                """
            )
            expect(output, parts: parts)
        }
    }

    /// How often the machine is shut down, and how often it loses its power.
    private static let turns = getenv("MARTLET_SOAK") == nil ? 2 : 25

    /// Whether the machine does what a container has done before it, too.
    private static let isWhole = getenv("MARTLET_SOAK") != nil || getenv("MARTLET_NODE_TEST") != nil
    private static let shown = isWhole ? "agent keeper upgrade ids handed scopes " : ""

    /// The machine's boots: how each ends, and what is done before.
    private static let boots =
        [("crash", "install \(shown)limits shares devices clock system clickme memory disk")]
        + Array(repeating: ("crash", "reboot"), count: turns - 1)
        + Array(repeating: ("poweroff", "reboot"), count: turns)
        + [("fast", "reboot stop\(isWhole ? " provision purge" : "")")]

    @Test func `a machine that is shut down, or loses its power, comes back with the apps`() throws {
        let disk = "/var/tmp/martlet-disk-\(getpid())"
        defer { unlink(disk) }
        try withPackages { folder in
            try Shell.run(
                """
                images=${MARTLET_EXAMPLE_IMAGES:-.build/demo/images}; cp -r "$images/web" "$images/redis" \(folder) &&
                cp -r "${MARTLET_SYSTEM_DIR:-.build/system}/image" \(folder)/system
                """
            )
            for (end, parts) in Self.boots {
                // The first boot brings all of it to the disk.
                let copied = parts.hasPrefix("install") ? folder : "Tests/NodeTests/units"
                let output = try Shell.run(
                    """
                    Tests/NodeTests/rig/vm-run --timeout 3000 --state \(disk) --end \(end) \
                    --copy \(copied):/opt/package --copy /bin/busybox:/usr/bin/busybox \
                    --env WATCHDOG=40s --env WATCHDOG_QUIET=60 -- sh -c '/opt/package/run \(parts) && sync'
                    """
                )
                expect(output, parts: parts)
            }
        }
    }
}
