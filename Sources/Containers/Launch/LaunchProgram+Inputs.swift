// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

extension LaunchProgram {
    /// The caller's descriptors, by what they are for.
    struct Outside {
        var stdio: [Slot] = []
        var cgroup: Slot?
        var cgroupFiles: [Slot] = []
        var root: Slot?
        var binds: [MountPlace: Slot] = [:]
        var maps: [MountPlace: Slot] = [:]
        var entries: [(slot: Slot, flag: Int32)] = []
        var users: Slot?
        var console: Slot?
        var kept: [Slot] = []
        var gate: (start: Slot, failure: Slot)?
    }

    mutating func addInputs(_ spec: ContainerSpec, _ streams: StandardStreams, _ gate: StartGate?)
        throws(ContainerError) -> Outside
    {
        var outside = Outside()
        // Beside a terminal they would stay open until the start, and who reads from them would wait for that.
        if spec.process.terminal == nil { outside.stdio = streams.all.map { input($0) } }
        outside.cgroup = spec.cgroup?.directory.map { input($0) }
        outside.cgroupFiles = (spec.cgroup?.tasks ?? []).map { input($0) }
        // Cloned here: the stage has a mount namespace of its own, in which our descriptors name no mount.
        if case .directory(let directory) = spec.root.content {
            outside.root = try input(clone(directory, isRecursive: true, spec.id))
        }
        for (place, mount) in spec.places {
            if case .bind(let source, _) = mount.source {
                outside.binds[place] = try input(clone(source, isRecursive: mount.isRecursive, spec.id))
            }
            if case .namespace(let users, _) = mount.idMap { outside.maps[place] = input(users) }
        }
        for (origin, flag) in spec.namespaces.all {
            if case .join(let namespace) = origin { outside.entries.append((input(namespace), flag)) }
        }
        if case .join(let users, _, _) = spec.users { outside.users = input(users) }
        outside.console = (spec.process.terminal?.console).map { input($0) }
        outside.kept = spec.process.descriptors.map { input($0) }
        outside.gate = gate.map { (input($0.start), input($0.failure)) }
        return outside
    }

    private func clone(_ source: Descriptor, isRecursive: Bool, _ id: String) throws(ContainerError)
        -> Descriptor
    {
        let tree = martlet_clone_tree(source.number, isRecursive ? 1 : 0)
        let cause = errno
        guard tree >= 0 else { throw ContainerError(step: "clone mount", id, cause: .errno(cause)) }
        return Descriptor(owning: tree)
    }
}
