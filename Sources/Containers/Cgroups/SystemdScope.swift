// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// A transient scope that systemd makes for one container: the group of version 2, or of systemd's own version 1
/// hierarchy, is systemd's; its inside is ours (`Delegate=yes`).
///
/// The order of a start: `start` with a holder or a process, then `Cgroup(scope.path, ...)` for the other hierarchies
/// and the exact limits, then the container, then the end of the holder.
public struct SystemdScope: Equatable, Sendable {
    /// The slice that it is in, for example `machine.slice`.
    public let slice: String
    /// The unit's name, for example `libpod-0123.scope`.
    public let unit: String
    /// Where its group is.
    public let path: CgroupPath

    /// Reads `SLICE:PREFIX:NAME`, as a configuration for the systemd driver has it.
    ///
    /// An empty slice is `system.slice`, and without a prefix the unit is named by `NAME` alone.
    public init(_ cgroupsPath: String) throws(ContainerError) {
        let parts = cgroupsPath.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[2].isEmpty else {
            throw ContainerError(
                step: "systemd",
                cgroupsPath.debugDescription,
                cause: .unsupported("not the path of a scope: use SLICE:PREFIX:NAME")
            )
        }
        let name = parts[1].isEmpty ? parts[2] : "\(parts[1])-\(parts[2])"
        try self.init(slice: parts[0].isEmpty ? "system.slice" : parts[0], unit: "\(name).scope")
    }

    /// A scope of this name, which must end with `.scope`.
    public init(slice: String, unit: String) throws(ContainerError) {
        let isName =
            unit.utf8.count < 256 && !unit.hasPrefix(".")
            && unit.utf8.allSatisfy {
                ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39)
                    || ":-_.\\@".utf8.contains($0)
            }
        guard isName else {
            throw ContainerError(
                step: "systemd",
                unit.debugDescription,
                cause: .unsupported(
                    "not a unit's name: use letters, digits, '-', '_', '.', ':', '@', at most 255"
                )
            )
        }
        self.slice = slice
        self.unit = unit
        path = try CgroupPath((try Self.expand(slice) + [unit]).joined(separator: "/"))
    }

    /// The folders of a slice: `a-b.slice` is in `a.slice`, systemd.slice(5).
    static func expand(_ slice: String) throws(ContainerError) -> [String] {
        if slice == "-.slice" { return [] }
        let stem = slice.hasSuffix(".slice") ? slice.dropLast(".slice".count) : ""
        let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard !stem.isEmpty, !slice.contains("/"), parts.allSatisfy({ !$0.isEmpty }) else {
            throw ContainerError(
                step: "systemd",
                slice.debugDescription,
                cause: .unsupported("not a slice: use a name such as machine.slice or machine-web.slice")
            )
        }
        return parts.indices.map { parts[...$0].joined(separator: "-") + ".slice" }
    }

    /// Whether systemd is this host's init, sd_booted(3).
    static var isThere: Bool { access("/run/systemd/system", F_OK) == 0 }

    /// Makes the scope with these processes in it, of which there must be one at least, and waits until it is there.
    public func start(
        _ processes: [Int32],
        description: String,
        resources: Resources,
        in mounts: CgroupMounts
    ) throws {
        try start(processes, description, mounts.layout, resources.properties(mounts.layout))
    }

    /// The same on version 2, with nothing but what counts against others; limits are on a group below.
    func start(_ processes: [Int32], description: String, shares: Resources) throws {
        let unlimited = SystemdProperty.number("TasksMax", SystemdProperty.infinity)
        try start(processes, description, .unified, shares.shares + [unlimited])
    }

    private func start(
        _ processes: [Int32],
        _ description: String,
        _ layout: CgroupMounts.Layout,
        _ limits: [SystemdProperty]
    ) throws {
        let properties: [SystemdProperty] =
            [
                .text("Description", description), .text("Slice", slice), .flag("Delegate", true),
                .flag("DefaultDependencies", false), .flag("CPUAccounting", true),
                .flag("MemoryAccounting", true),
                .flag("TasksAccounting", true),
                .flag(layout == .unified ? "IOAccounting" : "BlockIOAccounting", true),
                .processes("PIDs", processes),
            ] + limits
        try SystemdProperty.call("start", unit, properties) { martlet_systemd_start(unit, $0, $1, $2, $3) }
    }

    /// Tells systemd limits that have changed, so that it does not bring back the old ones.
    public func update(_ resources: Resources, in mounts: CgroupMounts) throws {
        let properties = resources.properties(mounts.layout)
        if properties.isEmpty { return }
        try SystemdProperty.call("set", unit, properties) { martlet_systemd_set(unit, $0, $1, $2, $3) }
    }

    /// Tells systemd what counts against others.
    func update(shares: Resources) throws {
        let properties = shares.shares
        if properties.isEmpty { return }
        try SystemdProperty.call("set", unit, properties) { martlet_systemd_set(unit, $0, $1, $2, $3) }
    }

    /// Ends the scope with all that is in it, waits for that, and makes systemd forget how it ended; one that is no
    /// more is fine.
    public func stop() throws {
        try SystemdProperty.call("stop", unit, []) { martlet_systemd_stop(unit, $2, $3) }
    }

    /// A process that does nothing, for a scope to begin with: systemd makes none that is empty.
    public final class Holder: Sendable {
        /// Its pid.
        public let pid: Int32

        /// Starts it; it ends with this object, and with the thread that made it.
        public init() throws { pid = try check("clone", "holder", martlet_start_holder()) }

        deinit {
            Glibc.kill(pid, SIGKILL)
            while waitpid(pid, nil, 0) < 0, errno == EINTR {}
        }
    }
}
