// SPDX-License-Identifier: Apache-2.0
internal import Linux

extension ContainerSpec {
    /// Refuses what no launch program can express, and what would reach beyond the container.
    func check() throws(ContainerError) {
        try Self.check(id: id)
        if case .overlay(let layers, _) = root.content {
            guard !layers.isEmpty else { throw refuse("the image has no layer") }
            guard layers.count <= 120 else {
                throw refuse("\(layers.count) layers: at most 120 are supported")
            }
        }
        guard !process.arguments.isEmpty else { throw refuse("no command: give the service a command") }
        let places = (fileSystems ?? []) + mounts
        let texts =
            process.arguments + process.environment + places.map(\.destination) + [process.directory]
            + files.map(\.path) + sysctls.map(\.value)
        guard !texts.contains(where: { $0.utf8.contains(0) }) else { throw refuse("a NUL byte in a string") }
        guard hostname.map(Self.isHostname) ?? true else {
            throw refuse(
                "host name \(hostname.debugDescription): use up to 64 letters, digits, '-', '_' and '.'"
            )
        }
        guard domainName.map(Self.isHostname) ?? true else {
            throw refuse("domain name \(domainName.debugDescription): use what a host name is made of")
        }
        for sysctl in sysctls where !isNamespaced(sysctl.key) {
            throw refuse(
                "sysctl \(sysctl.key.debugDescription) is the host's, not this container's: remove it"
            )
        }
        try checkFiles()
        for mount in places where Self.hidesKernel(mount.destination) {
            // procfs itself goes to its own place.
            if mount.fileSystem == "proc", Self.isPlaceOfProc(mount.destination) { continue }
            throw refuse(
                "mount at \(mount.destination.debugDescription): nothing may cover the root or /proc: choose another place"
            )
        }
        for path in files.map(\.path) where Self.hidesKernel(path) {
            throw refuse(
                "mount at \(path.debugDescription): nothing may cover the root or /proc: choose another place"
            )
        }
    }

    private func checkFiles() throws(ContainerError) {
        for file in files {
            // Beyond its own ids it would be somebody else's.
            guard max(file.uid, file.gid) < .max, users.owner(uid: file.uid, gid: file.gid) != nil else {
                throw refuse("owner \(file.uid):\(file.gid) of \(file.path) is outside the container's ids")
            }
            guard file.mode <= 0o777 else {
                throw refuse("mode \(String(file.mode, radix: 8)) of \(file.path): use 777 or less")
            }
        }
    }

    private func refuse(_ what: String) -> ContainerError {
        ContainerError(step: "prepare", id, cause: .unsupported(what))
    }

    /// Refuses an id that could lead out of a folder named by it: ids are names of control groups.
    static func check(id: String) throws(ContainerError) {
        let bytes = Array(id.utf8)
        let isPlain = bytes.allSatisfy { isAlphanumeric($0) || "_+-.".utf8.contains($0) }
        guard isPlain, let first = bytes.first, first != UInt8(ascii: "."), bytes.count < 96,
            !CgroupTree.reserved.contains(id)
        else {
            throw ContainerError(
                step: "check",
                id.debugDescription,
                cause: .unsupported(
                    "not a container id: use letters, digits, '_', '+', '-' and '.', at most 95, not '.' first"
                )
            )
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func isHostname(_ name: String) -> Bool {
        guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    // MARK: Kernel parameters

    /// Parameters that the kernel keeps for each IPC namespace; those of the network go by prefix.
    private static let ipcParameters: Set = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced",
    ]

    /// Whether a kernel parameter belongs to a namespace that this container has for itself.
    ///
    /// Anything else, like `kernel.core_pattern`, would change the host.
    private func isNamespaced(_ key: String) -> Bool {
        let isPlain = key.utf8.allSatisfy { Self.isAlphanumeric($0) || "._-/".utf8.contains($0) }
        guard isPlain, !key.contains("..") else { return false }
        return ((Self.ipcParameters.contains(key) || key.hasPrefix("fs.mqueue.")) && !isHost(namespaces.ipc))
            || (key.hasPrefix("net.") && !isHost(namespaces.network))
            || (key == "kernel.domainname" && !isHost(namespaces.uts))
    }

    private func isHost(_ origin: Namespaces.Origin) -> Bool {
        if case .host = origin { true } else { false }
    }

    // MARK: Mount points

    /// Files of procfs that may be covered by one that tells the container's own share, by these exact names.
    static let coverable: Set = [
        "/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/slabinfo", "/proc/stat",
        "/proc/swaps", "/proc/uptime",
    ]

    /// Whether a mount there would cover the root or procfs.
    ///
    /// Links are the launch's concern: it refuses to attach to anything on procfs that it reached through
    /// one.
    private static func hidesKernel(_ path: String) -> Bool {
        let parts = path.split(separator: "/").filter { $0 != "." }
        if coverable.contains(path) { return false }
        return parts.isEmpty || parts.contains("..") || parts.first == "proc"
    }

    static func isPlaceOfProc(_ path: String) -> Bool {
        path.split(separator: "/").filter { $0 != "." } == ["proc"]
    }
}
