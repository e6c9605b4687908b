// SPDX-License-Identifier: Apache-2.0
internal import CLaunch

// The file systems and mounts of the container side.

extension LaunchProgram {
    /// Attaches `/proc`, `/dev`, `/sys` and what lies in them; procfs and devpts for later use.
    mutating func addFileSystems(_ spec: ContainerSpec, _ made: Handed, dev: Slot) -> (
        proc: Slot, terminals: Slot?
    ) {
        let quiet = Attribute.noSetuid | Attribute.noDevices | Attribute.noExec
        var proc: Slot?
        var terminals: Slot?
        var readOnlyLater: [Slot] = []
        for (index, mount) in (spec.fileSystems ?? spec.usualFileSystems).enumerated() {
            guard case .fileSystem(let type, let options, let flags) = mount.source else {
                addMount(mount, made.mounts[.fileSystem(index)], root: made.root)
                continue
            }
            if index == spec.placeOfDev {
                // A copy is younger than what comes before it: since Linux 6.8 mountinfo is sorted by age.
                let copy = fill(MARTLET_OP_TREE, from: dev, text: .string(""), x: Tree.clone | Tree.emptyPath)
                attach(copy, made.root, mount.destination, resolve: strict)
                if mount.readOnly { readOnlyLater.append(copy) }
                continue
            }
            // What lies in a read-only tmpfs is attached first.
            let delayed = type == "tmpfs" ? mount.attributes.set & Attribute.readOnly : 0
            let slot =
                made.mounts[.fileSystem(index)]
                ?? addFileSystem(type, options, mount.attributes.set & ~delayed, flags: flags)
            if delayed != 0 { readOnlyLater.append(slot) }
            if type == "proc", proc == nil {
                addSysctls(spec, proc: slot)
                proc = slot
            }
            if type == "devpts" { terminals = slot }
            let place = target(made.root, mount.destination, resolve: Self.resolve(mount.destination))
            if mount.copiesUp { add(MARTLET_OP_COPYUP, a: place, b: slot) }
            add(MARTLET_OP_MOVE, a: slot, b: place)
            if mount.propagation.kind != .private { addPropagation(mount.propagation, slot) }
        }
        if spec.placeOfDev == nil, !spec.bindsDev { addNodes(spec, root: made.root, dev: dev) }
        for slot in readOnlyLater { add(MARTLET_OP_SETATTR, a: slot, x: Attribute.readOnly) }
        if let proc { return (proc, terminals) }
        // Kernel parameters and labels go through a procfs that nobody else sees.
        let needed = !spec.sysctls.isEmpty || spec.process.apparmorProfile != nil
        let own = needed ? addFileSystem("proc", [], quiet) : Slot.none
        addSysctls(spec, proc: own)
        return (own, terminals)
    }

    mutating func addSysctls(_ spec: ContainerSpec, proc: Slot) {
        for (key, value) in spec.sysctls {
            let file = "sys/" + key.replacing(".", with: "/")
            add(MARTLET_OP_WRITE, a: proc, text: .string(file), more: .bytes(Array(value.utf8)))
        }
    }

    /// The devices of a root that has a `/dev` of its own: each a mount of our node upon a file.
    private mutating func addNodes(_ spec: ContainerSpec, root: Slot, dev: Slot) {
        for name in Self.usualNodes.map(\.name) + spec.devices.map({ String($0.path.dropFirst(5)) }) {
            let tree = fill(MARTLET_OP_TREE, from: dev, text: .string(name), x: Tree.clone)
            attach(tree, root, "dev/" + name, isFile: true)
        }
    }

    mutating func addMount(_ mount: ContainerSpec.Mount, _ made: Slot?, root: Slot) {
        let resolve = Self.resolve(mount.destination)
        switch mount.source {
        case .bind(_, let isFile):
            guard let tree = made else { return }
            attach(tree, root, mount.destination, isFile: isFile, resolve: resolve)
        case .fileSystem(let type, let options, let flags):
            let slot = made ?? addFileSystem(type, options, mount.attributes.set, flags: flags)
            let place = target(root, mount.destination, resolve: resolve)
            if mount.copiesUp { add(MARTLET_OP_COPYUP, a: place, b: slot) }
            add(MARTLET_OP_MOVE, a: slot, b: place)
        }
    }

    mutating func addPropagation(_ propagation: Propagation, _ mount: Slot? = nil) {
        guard propagation.kind == .shared || propagation.kind == .unbindable else { return }
        let root = mount ?? fill(MARTLET_OP_ROOT)
        add(MARTLET_OP_SETATTR, a: root, c: propagation.isRecursive ? 1 : -1, y: propagation.kind.rawValue)
    }

    /// The kernel's own places are reached without any link; a volume may lie behind one.
    static func resolve(_ path: String) -> UInt64 {
        let parts = path.split(separator: "/").filter { $0 != "." }
        let isKernels = parts.first == "proc" || parts.first == "sys" || parts == ["dev"]
        return isKernels ? strict : 0
    }
}
