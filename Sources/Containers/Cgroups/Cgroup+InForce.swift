// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension Cgroup {
    /// The limits that the kernel has in force for the group, by the names of their files.
    ///
    /// Which processors it is given is not among them: that changes with others'.
    public func limitsInForce() -> [String: String] {
        var found: [String: String] = [:]
        for (controller, file) in Self.limitFiles {
            guard let folder = folders.folder(controller), found[file] == nil,
                let text = CgroupFolders.text("\(folder)/\(file)")
            else { continue }
            found[file] = String(text.prefix { $0 != "\n" }.prefix(100))
        }
        return found
    }

    /// Puts limits that were in force before in force again.
    ///
    /// Throws for the first that the kernel does not take.
    public func restore(_ limits: [String: String]) throws {
        let present = limitsInForce()
        var wrong = Self.limitFiles.filter { limits[$0.file] != nil && limits[$0.file] != present[$0.file] }
        var failure: ContainerError?
        // Of two that bound each other one has to go first; which, depends on the way they are to go.
        for _ in 0..<2 {
            failure = nil
            for (controller, file) in wrong {
                guard let folder = folders.folder(controller), let value = limits[file] else { continue }
                do throws(ContainerError) {
                    try CgroupFolders.write(value, to: "\(folder)/\(file)")
                } catch {
                    failure = failure ?? error
                }
            }
            if failure == nil { return }
            wrong.reverse()
        }
        if let failure { throw failure }
    }

    /// The files of limits, version 1 and version 2, with their controllers.
    private static let limitFiles: [(controller: String, file: String)] = [
        ("memory", "memory.max"), ("memory", "memory.high"), ("memory", "memory.low"),
        ("memory", "memory.swap.max"), ("cpu", "cpu.max"), ("cpu", "cpu.weight"), ("pids", "pids.max"),
        ("memory", "memory.limit_in_bytes"), ("memory", "memory.memsw.limit_in_bytes"),
        ("memory", "memory.soft_limit_in_bytes"), ("cpu", "cpu.cfs_period_us"),
        ("cpu", "cpu.cfs_quota_us"), ("cpu", "cpu.shares"),
    ]
}
