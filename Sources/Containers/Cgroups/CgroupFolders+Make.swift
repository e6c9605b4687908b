// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension CgroupFolders {
    /// Makes the group in the hierarchies of these version 1 controllers and in version 2, with the groups above
    /// it where they are missing; the folders that were not there before.
    ///
    /// Nothing of the group itself is left when it throws.
    func make(_ controllers: Set<String>?) throws -> [String] {
        var made: [String] = []
        do {
            for folder in all(controllers) where try makeFolder(folder) { made.append(folder) }
            if let mount = mounts.legacy["cpuset"], all(controllers).contains("\(mount.point)\(path)") {
                try Self.fillProcessors(from: mount.point, down: path.components)
            }
        } catch {
            for folder in made { try? Self.removeFolder(folder) }
            throw error
        }
        return made
    }

    /// Makes the group in those of these version 1 hierarchies where it is missing, and moves its processes there.
    func join(_ controllers: Set<String>) throws {
        let missing = controllers.compactMap { controller in
            legacy(controller).flatMap { access($0, F_OK) < 0 ? (controller: controller, folder: $0) : nil }
        }
        guard !missing.isEmpty else { return }
        _ = try make(Set(missing.map(\.controller)))
        for (_, folder) in missing {
            // What is forked by one that was not moved yet is moved in the next round.
            for _ in 0..<1_000 {
                let moved = Set(
                    Self.lines("\(folder)/cgroup.procs").compactMap { $0.first.flatMap { Int32($0) } }
                )
                let left = try processes().filter { !moved.contains($0) }
                if left.isEmpty { break }
                for pid in left {
                    do throws(ContainerError) {
                        try Self.write("\(pid)", to: "\(folder)/cgroup.procs")
                    } catch {
                        guard error.cause == .errno(ESRCH) else { throw error }  // it has ended
                    }
                }
            }
        }
    }

    private func makeFolder(_ folder: String) throws(ContainerError) -> Bool {
        if mkdir(folder, 0o755) == 0 { return true }
        if errno == ENOENT {
            // `folder` ends with the path.
            var above = String(folder.dropLast(path.description.count))
            for component in path.components.dropLast() {
                above += "/\(component)"
                if mkdir(above, 0o755) < 0, errno != EEXIST {
                    throw ContainerError(step: "cgroup", "mkdir \(above)", cause: .errno(errno))
                }
            }
            if mkdir(folder, 0o755) == 0 { return true }
        }
        let cause = errno
        guard cause == EEXIST else {
            throw ContainerError(step: "cgroup", "mkdir \(folder)", cause: .errno(cause))
        }
        return false
    }

    /// Gives each group on the way what the one above has, where it has nothing yet.
    ///
    /// cgroup-v1/cpusets.rst: a new group has no processors and no memory, and takes no process so.
    static func fillProcessors(from point: String, down components: [String]) throws(ContainerError) {
        var above = point
        for component in components {
            let group = "\(above)/\(component)"
            for file in ["cpuset.cpus", "cpuset.mems"] {
                let own = (text("\(group)/\(file)") ?? "").prefix { !$0.isWhitespace }
                guard own.isEmpty else { continue }
                let value = (text("\(above)/\(file)") ?? "").prefix { !$0.isWhitespace }
                try write(String(value), to: "\(group)/\(file)")
            }
            above = group
        }
    }

    /// Why a version 2 controller could not be handed down: the file that refused it, and its `errno`.
    struct Refusal: Equatable {
        let file: String
        let errno: Int32
    }

    /// Hands version 2 controllers (all that there are, for nil) down to the group.
    ///
    /// The kernel has many a reason to refuse: a group above that holds processes (`EBUSY`), realtime processes,
    /// threads. That is nobody's failure until a limit of that controller is asked for.
    @discardableResult
    func handDown(_ controllers: Set<String>?) -> [String: Refusal] {
        guard var folder = mounts.unified?.point else { return [:] }
        var refused: [String: Refusal] = [:]
        for component in path.components {
            let offered = Self.words("\(folder)/cgroup.controllers")
            let handed = Self.words("\(folder)/cgroup.subtree_control")
            let missing = offered.subtracting(handed).filter { controllers?.contains($0) ?? true }.sorted()
            let file = "\(folder)/cgroup.subtree_control"
            let all = missing.map { "+\($0)" }.joined(separator: " ")
            if !missing.isEmpty, (try? Self.write(all, to: file)) == nil {
                for controller in missing {
                    do throws(ContainerError) { try Self.write("+\(controller)", to: file) } catch {
                        guard case .errno(let number) = error.cause else { continue }
                        refused[controller] = Refusal(file: file, errno: number)
                    }
                }
            }
            folder += "/\(component)"
        }
        return refused
    }

    /// Hands all version 2 controllers down unless the group has them already.
    func handDownMissing() {
        guard let unified, let point = mounts.unified?.point else { return }
        let offered = Self.words("\(point)/cgroup.controllers")
        if !offered.isSubset(of: Self.words("\(unified)/cgroup.controllers")) { handDown(nil) }
    }

    static func words(_ file: String) -> Set<String> {
        Set((text(file) ?? "").split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
