// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension CgroupFolders {
    /// Puts limits in force, live.
    ///
    /// A limit that this host's controllers cannot hold is an error that names it.
    func apply(_ resources: Resources) throws {
        guard resources.unified.isEmpty || mounts.layout == .unified else {
            throw refuse(
                "unified resources (\(resources.unified.keys.sorted().joined(separator: ", "))) need version 2 "
                    + "of control groups alone, and this host's controllers are version 1: remove them"
            )
        }
        for change in try plan(for: resources).changes() { try write(change) }
        if let rules = resources.devices { try restrict(to: rules) }
    }

    func plan(for resources: Resources) -> ChangePlan {
        ChangePlan(
            resources: resources,
            group: path.description,
            isLegacy: { mounts.legacy[$0] != nil },
            read: { controller, file in folder(controller).flatMap { Self.text("\($0)/\(file)") } }
        )
    }

    private func write(_ change: CgroupChange) throws(ContainerError) {
        guard let folder = folder(change.controller) else { throw missing(change, nil) }
        let file = "\(folder)/\(change.file)"
        do throws(ContainerError) {
            try Self.write(change.value, to: file)
        } catch {
            switch error.cause {
            case .errno(EINVAL) where !change.otherwise.isEmpty:
                for other in change.otherwise { try write(other) }
            case .errno(ENOENT):
                if change.isOptional { return }
                guard legacy(change.controller) == nil else { throw missing(change, folder) }
                // Perhaps nobody has wanted it so far.
                let refused = handDown([change.controller])
                guard access(file, F_OK) == 0 else {
                    throw missing(change, folder, refused[change.controller])
                }
                try Self.write(change.value, to: file)
            case .errno(EBUSY) where change.file.hasSuffix("limit_in_bytes"):
                throw refuse("\(change.file) \(change.value) is below what is in use: raise it or use less")
            default: throw error
            }
        }
    }

    private func missing(
        _ change: CgroupChange,
        _ folder: String?,
        _ refusal: Refusal? = nil
    ) -> ContainerError {
        if let folder, access(folder, F_OK) < 0 {
            return refuse("no group at \(folder) for \(change.file): make the container anew")
        }
        if let refusal {
            let why = LinuxError("write", refusal.file, errno: refusal.errno)
            return refuse(
                "no \(change.file), since the \(change.controller) controller cannot be handed down: \(why): "
                    + "move the processes of that group into one below it, or remove the limit"
            )
        }
        let controllers = (try? mounts.controllers()) ?? []
        guard controllers.contains(change.controller) || change.controller == "cgroup" else {
            return refuse(
                "this host has no \(change.controller) controller for \(change.file): remove the limit"
            )
        }
        let remedy =
            change.file.contains("swap") || change.file.contains("memsw") ? "boot with swapaccount=1" : ""
        return refuse(
            "this kernel has no \(folder ?? "")/\(change.file): "
                + (remedy.isEmpty ? "remove the limit" : "\(remedy), or remove the limit")
        )
    }

    private func refuse(_ what: String) -> ContainerError {
        ContainerError(step: "cgroup", path.description, cause: .unsupported(what))
    }
}
