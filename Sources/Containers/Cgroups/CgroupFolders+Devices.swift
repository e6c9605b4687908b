// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

extension CgroupFolders {
    /// Puts device rules in force: version 1 by its files, version 2 by a program.
    func restrict(to rules: [DeviceRule]) throws {
        if let folder = legacy("devices") {
            try restrictLegacy(folder, DeviceList(rules))
        } else if let unified {
            let folder = try Descriptor.open(unified, O_RDONLY | O_DIRECTORY)
            let packed = rules.map {
                martlet_device_rule(
                    allow: $0.allow ? 1 : 0,
                    type: $0.kind == .all ? 0 : $0.kind == .block ? 1 : 2,
                    access: $0.access.rawValue,
                    any_major: $0.major == nil ? 1 : 0,
                    any_minor: $0.minor == nil ? 1 : 0,
                    major: $0.major ?? 0,
                    minor: $0.minor ?? 0
                )
            }
            guard martlet_restrict_devices(folder.number, packed, packed.count) < 0 else { return }
            let cause = errno
            guard cause == E2BIG else {
                throw ContainerError(step: "cgroup", "bpf: devices of \(path)", cause: .errno(cause))
            }
            throw ContainerError(
                step: "cgroup",
                "\(path)",
                cause: .unsupported("\(rules.count) device rules: use at most \(MARTLET_MAX_DEVICE_RULES)")
            )
        }
    }

    private func restrictLegacy(_ folder: String, _ list: DeviceList) throws {
        let old = Self.text("\(folder)/devices.list").map { DeviceList(listed: $0) }
        let writes = list.writes(from: old)
        // The kernel can allow all others only before it is told what is denied: nobody may run in between.
        let stops = try list.allowsOthers && !list.exceptions.isEmpty && !processes().isEmpty && !isFrozen()
        if stops { try freeze() }
        defer { if stops { try? thaw() } }
        var rest = writes[...]
        while let file = rest.first?.file {
            let run = rest.prefix { $0.file == file }
            try Self.write(run.map(\.value), to: "\(folder)/\(file)")
            rest = rest.dropFirst(run.count)
        }
    }
}
