// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The folders of one group, one in each hierarchy; they need not exist.
struct CgroupFolders: Sendable, Equatable {
    let mounts: CgroupMounts
    let path: CgroupPath

    /// The folder of a version 1 controller.
    func legacy(_ controller: String) -> String? { mounts.legacy[controller].map { "\($0.point)\(path)" } }

    /// The version 2 folder.
    var unified: String? { mounts.unified.map { "\($0.point)\(path)" } }

    /// Those of these version 1 controllers (of all, for nil), version 2 at the end.
    ///
    /// Each is there once: some controllers share a hierarchy.
    func all(_ controllers: Set<String>? = nil) -> [String] {
        let points = mounts.legacy.filter { controllers?.contains($0.key) ?? true }.map(\.value.point)
        return Set(points).sorted().map { "\($0)\(path)" } + (unified.map { [$0] } ?? [])
    }

    /// The folder that holds a controller's files: its version 1 folder, else version 2.
    ///
    /// Version 2 calls `blkio` `io`, and has no folder for `devices`, `freezer` and `cpuacct` of their own.
    func folder(_ controller: String) -> String? { legacy(controller) ?? unified }

    /// The text of a file; nil if it is not there, or its group goes away meanwhile.
    static func text(_ file: String) -> String? {
        guard let bytes = try? Descriptor.open(file, O_RDONLY).readAll(limit: 16 << 20) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes one value to a file; the kernel takes it in one write or not at all.
    static func write(_ value: String, to file: String) throws(ContainerError) {
        try write([value], to: file)
    }

    /// Writes values to a file, one after another.
    static func write(_ values: [String], to file: String) throws(ContainerError) {
        var current = values.first ?? ""
        do throws(LinuxError) {
            let opened = try Descriptor.open(file, O_WRONLY)
            for value in values {
                current = value
                try opened.write(Array(value.utf8))
            }
        } catch {
            throw ContainerError(step: "cgroup", "write \(current) to \(file)", cause: .errno(error.errno))
        }
    }
}
